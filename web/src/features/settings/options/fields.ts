import type { en } from "./optionTexts.en";

export type OptionKey = keyof typeof en;

/** How a value, always stored as text, is shown and edited. */
export type FieldKind =
  | "switch"
  | "whole"
  | "number"
  | "text"
  /** Never returned by the server: an empty field keeps the stored value. */
  | "secret"
  /** Markdown or HTML. */
  | "longText"
  | "html"
  | "choice"
  | "theme"
  | "address"
  /** Money, in quota units. */
  | "quota"
  /** Separated by commas. */
  | "list"
  /** A JSON object of numbers, edited in the tables of prices. */
  | "ratios";

export interface Field {
  key: OptionKey;
  kind: FieldKind;
  unit?: "seconds" | "tokens";
  /** The values of a choice. */
  choices?: string[];
}

export type SectionName =
  | "newUsers"
  | "billing"
  | "channels"
  | "links"
  | "unpriced"
  | "ratios"
  | "address"
  | "signIn"
  | "emailDomains"
  | "mail"
  | "github"
  | "oidc"
  | "lark"
  | "wechat"
  | "turnstile"
  | "pusher"
  | "notice"
  | "appearance"
  | "pages";

export interface Section {
  name: SectionName;
  fields: Field[];
  /** The end of the callback address for a sign-in provider. */
  callback?: string;
}

export type OptionsTab = "operation" | "prices" | "system" | "other";

function section(name: SectionName, fields: Field[], callback?: string): Section {
  return callback === undefined ? { name, fields } : { name, fields, callback };
}

/** Every option of the gateway, by the section that shows it. */
export const SECTIONS: Record<OptionsTab, Section[]> = {
  operation: [
    section("newUsers", [
      { key: "QuotaForNewUser", kind: "quota" },
      { key: "QuotaForInviter", kind: "quota" },
      { key: "QuotaForInvitee", kind: "quota" },
      { key: "QuotaRemindThreshold", kind: "quota" },
    ]),
    section("billing", [
      { key: "QuotaPerUnit", kind: "number" },
      { key: "PreConsumedQuota", kind: "whole", unit: "tokens" },
      { key: "ProxyPrice", kind: "quota" },
      { key: "DisplayInCurrencyEnabled", kind: "switch" },
      { key: "DisplayTokenStatEnabled", kind: "switch" },
      { key: "ApproximateTokenEnabled", kind: "switch" },
      { key: "LogConsumeEnabled", kind: "switch" },
      { key: "ResponseRetentionDays", kind: "whole" },
    ]),
    section("channels", [
      { key: "RetryTimes", kind: "whole" },
      { key: "ChannelDisableThreshold", kind: "number", unit: "seconds" },
      { key: "AutomaticDisableChannelEnabled", kind: "switch" },
      { key: "AutomaticEnableChannelEnabled", kind: "switch" },
    ]),
    section("links", [
      { key: "TopUpLink", kind: "address" },
      { key: "ChatLink", kind: "address" },
    ]),
  ],
  prices: [
    section("ratios", [
      { key: "ModelRatio", kind: "ratios" },
      { key: "CompletionRatio", kind: "ratios" },
      { key: "GroupRatio", kind: "ratios" },
    ]),
    section("unpriced", [
      { key: "UnpricedModelPolicy", kind: "choice", choices: ["default", "listed", "listed_only", "refuse"] },
    ]),
  ],
  system: [
    section("address", [{ key: "ServerAddress", kind: "address" }]),
    section("signIn", [
      { key: "PasswordLoginEnabled", kind: "switch" },
      { key: "RegisterEnabled", kind: "switch" },
      { key: "PasswordRegisterEnabled", kind: "switch" },
      { key: "EmailVerificationEnabled", kind: "switch" },
    ]),
    section("emailDomains", [
      { key: "EmailDomainRestrictionEnabled", kind: "switch" },
      { key: "EmailDomainWhitelist", kind: "list" },
    ]),
    section("mail", [
      { key: "SMTPServer", kind: "text" },
      { key: "SMTPPort", kind: "whole" },
      { key: "SMTPAccount", kind: "text" },
      { key: "SMTPFrom", kind: "text" },
      { key: "SMTPToken", kind: "secret" },
    ]),
    section("pusher", [
      { key: "MessagePusherAddress", kind: "address" },
      { key: "MessagePusherToken", kind: "secret" },
    ]),
    section(
      "github",
      [
        { key: "GitHubOAuthEnabled", kind: "switch" },
        { key: "GitHubClientId", kind: "text" },
        { key: "GitHubClientSecret", kind: "secret" },
      ],
      "github",
    ),
    section(
      "oidc",
      [
        { key: "OidcEnabled", kind: "switch" },
        { key: "OidcClientId", kind: "text" },
        { key: "OidcClientSecret", kind: "secret" },
        { key: "OidcWellKnown", kind: "address" },
        { key: "OidcAuthorizationEndpoint", kind: "address" },
        { key: "OidcTokenEndpoint", kind: "address" },
        { key: "OidcUserinfoEndpoint", kind: "address" },
      ],
      "oidc",
    ),
    section(
      "lark",
      [
        { key: "LarkClientId", kind: "text" },
        { key: "LarkClientSecret", kind: "secret" },
      ],
      "lark",
    ),
    section("wechat", [
      { key: "WeChatAuthEnabled", kind: "switch" },
      { key: "WeChatServerAddress", kind: "address" },
      { key: "WeChatServerToken", kind: "secret" },
      { key: "WeChatAccountQRCodeImageURL", kind: "address" },
    ]),
    section("turnstile", [
      { key: "TurnstileCheckEnabled", kind: "switch" },
      { key: "TurnstileSiteKey", kind: "text" },
      { key: "TurnstileSecretKey", kind: "secret" },
    ]),
  ],
  other: [
    section("notice", [{ key: "Notice", kind: "longText" }]),
    section("appearance", [
      { key: "SystemName", kind: "text" },
      { key: "Logo", kind: "address" },
      { key: "Theme", kind: "theme", choices: ["default", "berry", "air"] },
      { key: "Footer", kind: "html" },
    ]),
    section("pages", [
      { key: "HomePageContent", kind: "longText" },
      { key: "About", kind: "longText" },
    ]),
  ],
};
