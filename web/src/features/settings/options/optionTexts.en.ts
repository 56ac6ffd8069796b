/** What an option is called and what it does; `choices` name the values it may have. */
export interface OptionText {
  label: string;
  help: string;
  choices?: Record<string, { label: string; help: string }>;
}

export const en = {
  QuotaForNewUser: {
    label: "Credit for a new user",
    help: "Every new account begins with this much.",
  },
  QuotaForInviter: {
    label: "Reward for inviting",
    help: "The inviting user receives this when somebody registers with the invitation link.",
  },
  QuotaForInvitee: {
    label: "Bonus for the invited",
    help: "Who registers with an invitation link receives this on top of the credit for new users.",
  },
  QuotaRemindThreshold: {
    label: "Remind below",
    help: "A user whose balance falls below this gets a mail, if the account has an address and SMTP is set up.",
  },
  QuotaPerUnit: {
    label: "Quota per dollar",
    help: "How many quota units are $1. Changing it changes what every stored balance and every ratio is worth.",
  },
  DisplayInCurrencyEnabled: {
    label: "Show quota in dollars",
    help: "The console and the log speak of dollars; off: of quota units.",
  },
  DisplayTokenStatEnabled: {
    label: "Report the token's balance to clients",
    help: "Clients that ask /dashboard/billing see the quota of their token; off: that of the user.",
  },
  PreConsumedQuota: {
    label: "Safety margin of a reservation",
    help: "So many tokens are added to the prompt when credit is reserved before a call. The difference is settled when the call ends.",
  },
  ProxyPrice: {
    label: "Price of a proxied call",
    help: "What each successful call through /v1/oneapi/proxy costs, whatever it does there. 0: such calls are free.",
  },
  ApproximateTokenEnabled: {
    label: "Estimate tokens instead of counting them",
    help: "0.38 tokens a character: faster, less exact. Counts matter for reservations and where an upstream reports no usage.",
  },
  LogConsumeEnabled: {
    label: "Log every call",
    help: "Each call leaves a row with its tokens and its price. Off: calls are billed, but nobody can see what for.",
  },
  RetryTimes: {
    label: "Retries",
    help: "So many other channels are tried when a channel fails. 0: the caller sees the first failure.",
  },
  ChannelDisableThreshold: {
    label: "Slowest acceptable channel test",
    help: "A channel that takes longer in a test is reported, or disabled if the switch below is on. 0: no limit.",
  },
  AutomaticDisableChannelEnabled: {
    label: "Disable failing channels",
    help: "A channel whose key is refused, whose account is empty, or which is too slow in a test is taken out, and root is told.",
  },
  AutomaticEnableChannelEnabled: {
    label: "Enable recovered channels",
    help: "A channel that was disabled automatically comes back when it passes a test.",
  },
  TopUpLink: {
    label: "Where to buy credit",
    help: "The top-up page links here, with the account and its id. Empty: no link.",
  },
  ChatLink: {
    label: "Chat application",
    help: "The navigation gets a chat page that shows this address. Empty: no such page.",
  },
  UnpricedModelPolicy: {
    label: "Models without a ratio",
    help: "What a call costs whose model is not in the table of model ratios.",
    choices: {
      default: {
        label: "Ratio 30",
        help: "$60 per million input tokens at 500,000 units per dollar. Nothing is given away, but cheap models become dear.",
      },
      listed: {
        label: "The provider's list price",
        help: "Input, output and cached tokens cost what the provider lists. Ratio 30 where no list price is known.",
      },
      listed_only: {
        label: "The provider's list price, else refuse",
        help: "Input, output, cached, audio and image tokens cost what the provider lists. A model without a list price is refused: nothing is called and nothing is charged. New installations start with this.",
      },
      refuse: {
        label: "Refuse the call",
        help: "The caller is told that the model has no price. Nothing is called and nothing is charged.",
      },
    },
  },
  ModelRatio: {
    label: "Models",
    help: "Ratio 1 is one quota unit per input token. A removed model that comes with the program gets its built-in ratio back; 0 makes a model free.",
  },
  CompletionRatio: {
    label: "Output",
    help: "How many times the input price an output token costs. Models that are not listed follow the built-in rules, such as 4 for gpt-4o.",
  },
  GroupRatio: {
    label: "Groups",
    help: "Everything is multiplied by the ratio of the user's group. This table is also the list of groups: users of a group that is not in it pay the full price.",
  },
  ServerAddress: {
    label: "Server address",
    help: "Where people reach this site. Links in mails and the callbacks of sign-in providers begin with it. Empty: http://localhost:3000.",
  },
  PasswordLoginEnabled: {
    label: "Sign in with a password",
    help: "Before you turn this off, make sure that root can sign in in another way.",
  },
  RegisterEnabled: {
    label: "New accounts",
    help: "Off: nobody can register, neither with a password nor through a provider. Administrators can still create users.",
  },
  PasswordRegisterEnabled: {
    label: "Register with a password",
    help: "Off: new users come only through GitHub, OIDC, Lark or WeChat.",
  },
  EmailVerificationEnabled: {
    label: "Verify e-mail when registering",
    help: "Who registers with a password must enter a code that is sent by mail. Set up SMTP first.",
  },
  EmailDomainRestrictionEnabled: {
    label: "Accept only these domains",
    help: "Codes are sent only to addresses whose domain is in the list.",
  },
  EmailDomainWhitelist: {
    label: "Accepted domains",
    help: "Type a domain, such as example.com, then press Enter.",
  },
  SMTPServer: {
    label: "SMTP server",
    help: "Such as smtp.example.com. Empty: no mails are sent.",
  },
  SMTPPort: {
    label: "Port",
    help: "465: TLS from the beginning. Others: STARTTLS where the server offers it.",
  },
  SMTPAccount: { label: "Account", help: "Usually the whole e-mail address." },
  SMTPFrom: { label: "Sender", help: "The address that mails come from. Empty: the account." },
  SMTPToken: { label: "Password or access token", help: "What the server asks of the account." },
  GitHubOAuthEnabled: {
    label: "Sign in with GitHub",
    help: "Fill in the client id and the secret first.",
  },
  GitHubClientId: {
    label: "Client ID",
    help: "From GitHub: Settings, Developer settings, OAuth Apps.",
  },
  GitHubClientSecret: { label: "Client secret", help: "From the same page." },
  OidcEnabled: {
    label: "Sign in with OpenID Connect",
    help: "Keycloak, Authentik, Okta, Entra ID and others.",
  },
  OidcClientId: { label: "Client ID", help: "As the provider shows it for this application." },
  OidcClientSecret: { label: "Client secret", help: "As the provider shows it for this application." },
  OidcWellKnown: {
    label: "Well-known address",
    help: "Ends with /.well-known/openid-configuration. The server finds the addresses below by itself and checks signed ID tokens.",
  },
  OidcAuthorizationEndpoint: {
    label: "Authorization endpoint",
    help: "Only needed without a well-known address.",
  },
  OidcTokenEndpoint: { label: "Token endpoint", help: "Only needed without a well-known address." },
  OidcUserinfoEndpoint: { label: "Userinfo endpoint", help: "Only needed without a well-known address." },
  LarkClientId: {
    label: "App ID",
    help: "Of a custom app in the Lark developer console. People can sign in with Lark as soon as it is filled in.",
  },
  LarkClientSecret: { label: "App secret", help: "From the credentials of the same app." },
  WeChatAuthEnabled: {
    label: "Sign in with WeChat",
    help: "Needs a running WeChat Server (github.com/songquanpeng/wechat-server).",
  },
  WeChatServerAddress: { label: "WeChat Server address", help: "Where the gateway asks who sent a code." },
  WeChatServerToken: { label: "WeChat Server access token", help: "As the WeChat Server was given it." },
  WeChatAccountQRCodeImageURL: {
    label: "QR code image",
    help: "Address of the image that people scan to follow the official account.",
  },
  TurnstileCheckEnabled: {
    label: "Ask whether one is human",
    help: "Before a registration and before mails are sent. Fill in both keys first.",
  },
  TurnstileSiteKey: { label: "Site key", help: "From the Cloudflare dashboard, Turnstile." },
  TurnstileSecretKey: { label: "Secret key", help: "From the same page." },
  MessagePusherAddress: {
    label: "Message Pusher address",
    help: "Notices to root go here, such as https://push.example.com/push/name. Empty, or unreachable: by mail.",
  },
  MessagePusherToken: { label: "Access token", help: "As Message Pusher shows it." },
  Notice: {
    label: "Notice",
    help: "Markdown or HTML. People see it when they open the console. Empty: no notice.",
  },
  SystemName: { label: "Name", help: "In the header, in browser tabs and in mails." },
  Logo: { label: "Logo", help: "Address of an image. Empty: the built-in one." },
  Footer: { label: "Footer", help: "HTML below every page. Scripts and forms are removed." },
  HomePageContent: {
    label: "Home page",
    help: "Markdown or HTML; an address that begins with https:// is shown as a page inside the page. Empty: the built-in home page.",
  },
  About: {
    label: "About page",
    help: "Markdown or HTML; an address that begins with https:// is shown as a page inside the page.",
  },
  Theme: {
    label: "Theme",
    help: "How the console looks, for everybody. It changes as soon as it is saved.",
    choices: {
      default: { label: "Default", help: "Calm blue, room to breathe" },
      berry: { label: "Berry", help: "Violet and round" },
      air: { label: "Air", help: "Teal, square and dense" },
    },
  },
} satisfies Record<string, OptionText>;
