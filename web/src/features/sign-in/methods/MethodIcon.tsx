import { type Icon, IconBrandGithub, IconBrandWechat, IconFeather, IconId } from "@tabler/icons-react";
import type { Method } from "./methods";

const ICONS: Record<Method, Icon> = {
  github: IconBrandGithub,
  oidc: IconId,
  lark: IconFeather,
  wechat: IconBrandWechat,
};

export function MethodIcon({ method }: { method: Method }) {
  const Shown = ICONS[method];
  return <Shown size={18} aria-hidden />;
}
