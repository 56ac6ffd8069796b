import type { en, OptionText } from "./optionTexts.en";

export const zh: Record<keyof typeof en, OptionText> = {
  QuotaForNewUser: { label: "新用户初始额度", help: "每个新账号注册后获得的额度。" },
  QuotaForInviter: { label: "邀请奖励额度", help: "有人通过邀请链接注册时，邀请人获得的额度。" },
  QuotaForInvitee: { label: "受邀奖励额度", help: "通过邀请链接注册的用户，在初始额度之外获得的额度。" },
  QuotaRemindThreshold: {
    label: "额度提醒阈值",
    help: "余额低于此值时发邮件提醒用户；需要用户已填写邮箱，并已配置 SMTP。",
  },
  QuotaPerUnit: {
    label: "每美元额度",
    help: "1 美元对应多少额度。修改后，所有已有余额和倍率的实际价值都会改变。",
  },
  DisplayInCurrencyEnabled: {
    label: "以美元显示额度",
    help: "控制台和日志以美元显示；关闭后显示额度数值。",
  },
  DisplayTokenStatEnabled: {
    label: "向客户端返回令牌额度",
    help: "客户端查询 /dashboard/billing 时返回令牌的额度；关闭后返回用户的额度。",
  },
  PreConsumedQuota: {
    label: "预扣费余量",
    help: "调用前预扣额度时，在提示词之外额外预扣的 Token 数；调用结束后多退少补。",
  },
  ProxyPrice: {
    label: "代理调用单价",
    help: "通过 /v1/oneapi/proxy 的每次成功调用按此额度计费，与调用内容无关；0 表示免费。",
  },
  ResponseRetentionDays: {
    label: "Responses 保留天数",
    help: "Responses API 的客户端可在此期间重新读取、续接或删除回答；0 表示不保留。",
  },
  ApproximateTokenEnabled: {
    label: "估算 Token 数",
    help: "按每字符 0.38 个 Token 估算，更快但不精确。影响预扣费，以及上游未返回用量时的计费。",
  },
  LogConsumeEnabled: {
    label: "记录消费日志",
    help: "每次调用记录 Token 数和费用。关闭后照常计费，但无法查看明细。",
  },
  RetryTimes: {
    label: "失败重试次数",
    help: "渠道失败后最多再尝试几个其他渠道。0 表示不重试，直接返回首次错误。",
  },
  ChannelDisableThreshold: {
    label: "渠道测试最长响应时间",
    help: "测试用时超过此值的渠道会触发通知；如已开启下方的自动禁用，则直接禁用。0 表示不限制。",
  },
  AutomaticDisableChannelEnabled: {
    label: "自动禁用异常渠道",
    help: "密钥失效、余额不足或测试超时的渠道会被禁用，并通知超级管理员。",
  },
  AutomaticEnableChannelEnabled: {
    label: "自动恢复渠道",
    help: "被自动禁用的渠道通过测试后重新启用。",
  },
  TopUpLink: { label: "充值链接", help: "充值页面上的购买链接，会附带用户名和用户 ID。留空则不显示。" },
  ChatLink: { label: "聊天页面链接", help: "填写后导航中出现“聊天”页面，内嵌此地址。留空则不显示。" },
  UnpricedModelPolicy: {
    label: "未定价模型",
    help: "模型倍率表中没有的模型如何计费。",
    choices: {
      default: {
        label: "按倍率 30 计费",
        help: "每美元额度为 500,000 时，每百万输入 Token 60 美元。不会亏损，但便宜的模型会变贵。",
      },
      listed: {
        label: "按服务商官方价计费",
        help: "输入、输出和缓存 Token 均按服务商公布的价格计费；没有官方价的按倍率 30。",
      },
      listed_only: {
        label: "按服务商官方价计费，没有官方价则拒绝",
        help: "输入、输出、缓存、音频和图片 Token 均按服务商公布的价格计费；没有官方价的模型提示未定价，不请求上游，也不扣费。新安装的默认值。",
      },
      refuse: { label: "拒绝调用", help: "提示该模型未定价，不请求上游，也不扣费。" },
    },
  },
  ModelRatio: {
    label: "模型",
    help: "倍率 1 表示每个输入 Token 消耗 1 个额度。删除程序自带的模型会恢复其内置倍率；设为 0 则免费。",
  },
  CompletionRatio: {
    label: "输出",
    help: "输出 Token 的价格是输入的多少倍。未列出的模型使用内置规则，例如 gpt-4o 为 4。",
  },
  GroupRatio: {
    label: "分组",
    help: "所有费用再乘以用户所在分组的倍率。此表同时决定有哪些分组；分组不在表中的用户按原价计费。",
  },
  ServerAddress: {
    label: "服务器地址",
    help: "用户访问本站的地址，用于邮件链接和第三方登录回调。留空则为 http://localhost:3000。",
  },
  PasswordLoginEnabled: {
    label: "允许密码登录",
    help: "关闭前，请确认超级管理员可以用其他方式登录。",
  },
  RegisterEnabled: {
    label: "允许新用户注册",
    help: "关闭后，密码注册和第三方注册均不可用；管理员仍可添加用户。",
  },
  PasswordRegisterEnabled: {
    label: "允许密码注册",
    help: "关闭后，新用户只能通过 GitHub、OIDC、飞书或微信注册。",
  },
  EmailVerificationEnabled: {
    label: "注册时验证邮箱",
    help: "密码注册时须填写邮件中的验证码。请先配置 SMTP。",
  },
  EmailDomainRestrictionEnabled: {
    label: "启用邮箱域名白名单",
    help: "只向白名单域名的邮箱发送验证码。",
  },
  EmailDomainWhitelist: { label: "允许的邮箱域名", help: "输入域名（如 example.com）后按回车。" },
  SMTPServer: { label: "SMTP 服务器", help: "例如 smtp.example.com。留空则不发送邮件。" },
  SMTPPort: { label: "端口", help: "465 使用 TLS；其他端口在服务器支持时使用 STARTTLS。" },
  SMTPAccount: { label: "账号", help: "通常是完整的邮箱地址。" },
  SMTPFrom: { label: "发件人", help: "邮件显示的发件地址。留空则使用账号。" },
  SMTPToken: { label: "密码或授权码", help: "登录 SMTP 服务器所用的密码或授权码。" },
  GitHubOAuthEnabled: { label: "允许 GitHub 登录", help: "请先填写 Client ID 和 Client Secret。" },
  GitHubClientId: {
    label: "Client ID",
    help: "在 GitHub 的 Settings → Developer settings → OAuth Apps 中获取。",
  },
  GitHubClientSecret: { label: "Client Secret", help: "在同一页面获取。" },
  OidcEnabled: {
    label: "允许 OIDC 登录",
    help: "支持 Keycloak、Authentik、Okta、Entra ID 等。",
  },
  OidcClientId: { label: "Client ID", help: "身份提供方为本应用分配的 ID。" },
  OidcClientSecret: { label: "Client Secret", help: "身份提供方为本应用分配的密钥。" },
  OidcWellKnown: {
    label: "Well-Known 地址",
    help: "以 /.well-known/openid-configuration 结尾。填写后服务器自动获取以下地址，并校验 ID Token 签名。",
  },
  OidcAuthorizationEndpoint: { label: "授权端点", help: "未填写 Well-Known 地址时才需要。" },
  OidcTokenEndpoint: { label: "令牌端点", help: "未填写 Well-Known 地址时才需要。" },
  OidcUserinfoEndpoint: { label: "用户信息端点", help: "未填写 Well-Known 地址时才需要。" },
  LarkClientId: { label: "App ID", help: "飞书开放平台自建应用的 App ID。填写后即可使用飞书登录。" },
  LarkClientSecret: { label: "App Secret", help: "同一应用的 App Secret。" },
  WeChatAuthEnabled: {
    label: "允许微信登录",
    help: "需要部署 WeChat Server（github.com/songquanpeng/wechat-server）。",
  },
  WeChatServerAddress: { label: "WeChat Server 地址", help: "网关向此地址查询验证码对应的微信用户。" },
  WeChatServerToken: { label: "WeChat Server 访问凭证", help: "与 WeChat Server 中的设置一致。" },
  WeChatAccountQRCodeImageURL: { label: "公众号二维码", help: "二维码图片地址，用户扫码关注公众号。" },
  TurnstileCheckEnabled: {
    label: "启用人机验证",
    help: "注册和发送邮件前进行验证。请先填写下面两个密钥。",
  },
  TurnstileSiteKey: { label: "Site Key", help: "在 Cloudflare 控制台的 Turnstile 页面获取。" },
  TurnstileSecretKey: { label: "Secret Key", help: "在同一页面获取。" },
  MessagePusherAddress: {
    label: "Message Pusher 地址",
    help: "给超级管理员的通知推送到此地址，例如 https://push.example.com/push/name。留空或无法连接时改发邮件。",
  },
  MessagePusherToken: { label: "访问凭证", help: "Message Pusher 中设置的 token。" },
  Notice: { label: "公告", help: "支持 Markdown 和 HTML，打开控制台时显示。留空则没有公告。" },
  SystemName: { label: "系统名称", help: "显示在页头、浏览器标签和邮件中。" },
  Logo: { label: "Logo", help: "图片地址。留空则使用内置图标。" },
  Footer: { label: "页脚", help: "显示在每个页面底部的 HTML；脚本和表单会被移除。" },
  HomePageContent: {
    label: "首页内容",
    help: "支持 Markdown 和 HTML；以 https:// 开头的地址会以内嵌网页显示。留空则使用内置首页。",
  },
  About: { label: "关于页面", help: "支持 Markdown 和 HTML；以 https:// 开头的地址会以内嵌网页显示。" },
  Theme: {
    label: "主题",
    help: "所有人看到的控制台外观，保存后立即生效。",
    choices: {
      default: { label: "默认", help: "沉静的蓝色，留白宽松" },
      berry: { label: "Berry", help: "紫色，圆润" },
      air: { label: "Air", help: "青色，方正紧凑" },
    },
  },
};
