/** An option's label and help; `choices` describes its allowed values. */
export interface OptionText {
  label: string;
  help: string;
  choices?: Record<string, { label: string; help: string }>;
}

export const en = {
  QuotaForNewUser: {
    label: "Credit for a new user",
    help: "Every new account starts with this amount.",
  },
  QuotaForInviter: {
    label: "Reward for inviting",
    help: "The inviting user receives this when somebody registers through their invitation link.",
  },
  QuotaForInvitee: {
    label: "Bonus for invited users",
    help: "Users who register through an invitation link receive this in addition to the credit for new users.",
  },
  QuotaRemindThreshold: {
    label: "Low-balance reminder",
    help: "A user whose balance falls below this gets a mail, if the account has an address and SMTP is configured.",
  },
  QuotaPerUnit: {
    label: "Quota per dollar",
    help: "Quota units per $1. Changing it changes the value of every stored balance and every ratio.",
  },
  DisplayInCurrencyEnabled: {
    label: "Show quota in dollars",
    help: "The console and the log show dollars. If off, they show quota units.",
  },
  DisplayTokenStatEnabled: {
    label: "Report token quota to clients",
    help: "Clients that call /dashboard/billing get the quota of their token. If off, they get the quota of the user.",
  },
  PreConsumedQuota: {
    label: "Extra tokens in a hold",
    help: "This many tokens are added to the prompt when quota is held before a call. The difference is settled when the call ends.",
  },
  ProxyPrice: {
    label: "Price of a proxy call",
    help: "The cost of each successful call through /v1/oneapi/proxy, whatever the call does. 0: free.",
  },
  ResponseRetentionDays: {
    label: "Days to keep responses",
    help: "Clients of the Responses API can read, continue and delete an answer until then. 0: nothing is kept.",
  },
  ApproximateTokenEnabled: {
    label: "Estimate tokens instead of counting",
    help: "0.38 tokens per character: faster, but less exact. Affects holds, and bills where an upstream reports no usage.",
  },
  LogConsumeEnabled: {
    label: "Log every call",
    help: "Each call leaves a log row with its tokens and price. If off, calls are billed, but nobody can see what for.",
  },
  RetryTimes: {
    label: "Retries",
    help: "How many other channels are tried after a channel fails. 0: the client gets the first failure.",
  },
  ChannelDisableThreshold: {
    label: "Slowest acceptable channel test",
    help: "A channel that takes longer in a test is reported, or disabled if the option below is on. 0: no limit.",
  },
  AutomaticDisableChannelEnabled: {
    label: "Disable failing channels",
    help: "A channel whose key is refused, whose account is empty, or which is too slow in a test is disabled, and root is notified.",
  },
  AutomaticEnableChannelEnabled: {
    label: "Enable recovered channels",
    help: "A channel that was disabled automatically is enabled when it passes a test.",
  },
  TopUpLink: {
    label: "Shop link",
    help: "The top-up page links here, with the user name and ID. Leave empty for no link.",
  },
  ChatLink: {
    label: "Chat application",
    help: "Adds a chat page to the navigation that embeds this address. Leave empty for no chat page.",
  },
  UnpricedModelPolicy: {
    label: "Models without a ratio",
    help: "What a call costs if its model is not in the table of model ratios.",
    choices: {
      default: {
        label: "Ratio 30",
        help: "$60 per million input tokens at 500,000 units per dollar. You never lose money, but cheap models become expensive.",
      },
      listed: {
        label: "The provider's list price",
        help: "Input, output and cached tokens cost the provider's list price, or ratio 30 if no list price is known.",
      },
      listed_only: {
        label: "The provider's list price, or refuse",
        help: "Input, output, cached, audio and image tokens cost the provider's list price. A model without a list price is refused; no provider is called and nothing is charged. New installations start with this.",
      },
      refuse: {
        label: "Refuse the call",
        help: "The client is told that the model has no price. No provider is called and nothing is charged.",
      },
    },
  },
  ModelRatio: {
    label: "Models",
    help: "Ratio 1 is one quota unit per input token. If you remove a model that has a built-in ratio, that ratio applies again. 0 makes a model free.",
  },
  CompletionRatio: {
    label: "Output",
    help: "How many times the input price an output token costs. Models that are not listed follow the built-in rules, such as 4 for gpt-4o.",
  },
  GroupRatio: {
    label: "Groups",
    help: "All prices are multiplied by the ratio of the user's group. This table is also the list of groups; users of a group that is not listed pay the full price.",
  },
  ServerAddress: {
    label: "Server address",
    help: "Where users reach this site. Used in mails and for the callbacks of sign-in providers. If empty: http://localhost:3000.",
  },
  PasswordLoginEnabled: {
    label: "Sign in with a password",
    help: "Before you turn this off, make sure that root can sign in another way.",
  },
  RegisterEnabled: {
    label: "Allow new accounts",
    help: "If off, nobody can register, neither with a password nor through a provider. Administrators can still create users.",
  },
  PasswordRegisterEnabled: {
    label: "Register with a password",
    help: "If off, new users can only register through GitHub, OIDC, Lark or WeChat.",
  },
  EmailVerificationEnabled: {
    label: "Verify e-mail when registering",
    help: "Users who register with a password must enter a code that is sent by mail. Configure SMTP first.",
  },
  EmailDomainRestrictionEnabled: {
    label: "Restrict e-mail domains",
    help: "Codes are only sent to addresses in the domains below.",
  },
  EmailDomainWhitelist: {
    label: "Allowed domains",
    help: "Type a domain, such as example.com, then press Enter.",
  },
  SMTPServer: {
    label: "SMTP server",
    help: "For example smtp.example.com. If empty, no mails are sent.",
  },
  SMTPPort: {
    label: "Port",
    help: "465 uses TLS from the start. Other ports use STARTTLS if the server offers it.",
  },
  SMTPAccount: { label: "Account", help: "Usually the full e-mail address." },
  SMTPFrom: { label: "Sender", help: "The sender address of mails. If empty, the account." },
  SMTPToken: {
    label: "Password or access token",
    help: "The credentials of the account at the mail server.",
  },
  GitHubOAuthEnabled: {
    label: "Sign in with GitHub",
    help: "Fill in the client ID and secret first.",
  },
  GitHubClientId: {
    label: "Client ID",
    help: "From GitHub: Settings, Developer settings, OAuth Apps.",
  },
  GitHubClientSecret: { label: "Client secret", help: "From the same page." },
  OidcEnabled: {
    label: "Sign in with OpenID Connect",
    help: "For Keycloak, Authentik, Okta, Entra ID and others.",
  },
  OidcClientId: { label: "Client ID", help: "Issued by the provider for this application." },
  OidcClientSecret: { label: "Client secret", help: "Issued by the provider for this application." },
  OidcWellKnown: {
    label: "Well-known address",
    help: "Ends with /.well-known/openid-configuration. With it, the server finds the endpoints below by itself and verifies signed ID tokens.",
  },
  OidcAuthorizationEndpoint: {
    label: "Authorization endpoint",
    help: "Only needed without a well-known address.",
  },
  OidcTokenEndpoint: { label: "Token endpoint", help: "Only needed without a well-known address." },
  OidcUserinfoEndpoint: { label: "Userinfo endpoint", help: "Only needed without a well-known address." },
  LarkClientId: {
    label: "App ID",
    help: "From a custom app in the Lark developer console. Sign-in with Lark is enabled as soon as this is filled in.",
  },
  LarkClientSecret: { label: "App secret", help: "From the same app's credentials." },
  WeChatAuthEnabled: {
    label: "Sign in with WeChat",
    help: "Needs a running WeChat Server (github.com/songquanpeng/wechat-server).",
  },
  WeChatServerAddress: {
    label: "WeChat Server address",
    help: "The gateway asks this server which user a code belongs to.",
  },
  WeChatServerToken: {
    label: "WeChat Server access token",
    help: "The same value as in the configuration of the WeChat Server.",
  },
  WeChatAccountQRCodeImageURL: {
    label: "QR code image",
    help: "Address of the image that users scan to follow the official account.",
  },
  TurnstileCheckEnabled: {
    label: "Require a bot check",
    help: "Checked before registration and before mails are sent. Fill in both keys first.",
  },
  TurnstileSiteKey: { label: "Site key", help: "From Turnstile in the Cloudflare dashboard." },
  TurnstileSecretKey: { label: "Secret key", help: "From the same page." },
  MessagePusherAddress: {
    label: "Message Pusher address",
    help: "Notices to root are pushed here, for example https://push.example.com/push/name. If it is empty or unreachable, they are sent by mail.",
  },
  MessagePusherToken: { label: "Access token", help: "The token configured in Message Pusher." },
  Notice: {
    label: "Notice",
    help: "Markdown or HTML, shown when users open the console. Leave empty for no notice.",
  },
  SystemName: { label: "Name", help: "Shown in the header, in browser tabs and in mails." },
  Logo: { label: "Logo", help: "Address of an image. Leave empty to use the built-in logo." },
  Footer: { label: "Footer", help: "HTML shown below every page. Scripts and forms are removed." },
  HomePageContent: {
    label: "Home page",
    help: "Markdown or HTML. An address that begins with https:// is embedded as a page. Leave empty to use the built-in home page.",
  },
  About: {
    label: "About page",
    help: "Markdown or HTML. An address that begins with https:// is embedded as a page.",
  },
  Theme: {
    label: "Theme",
    help: "The look of the console, for all users. Takes effect as soon as it is saved.",
    choices: {
      default: { label: "Default", help: "Calm blue, spacious" },
      berry: { label: "Berry", help: "Violet and round" },
      air: { label: "Air", help: "Teal, square and dense" },
    },
  },
} satisfies Record<string, OptionText>;
