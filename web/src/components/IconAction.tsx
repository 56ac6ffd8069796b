import { ActionIcon, type MantineColor, Tooltip } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ComponentProps } from "react";
import { Link } from "react-router";

type Props = {
  /** What it does: the tooltip, and what screen readers say. */
  label: string;
  Icon: Icon;
  color?: MantineColor;
  /** Why it may not be done now; the button stays, and says so. */
  refusal?: string | false | undefined;
} & ({ to: string } | Pick<ComponentProps<"button">, "onClick">);

/** A button of one icon, in rows of lists; one that goes somewhere is a link. */
export function IconAction({ label, Icon, color = "gray", refusal, ...action }: Props) {
  const icon = <Icon size={16} aria-hidden />;
  const common = { variant: "subtle", color, "aria-label": label } as const;
  if (refusal) {
    // not `disabled`: it must take the focus to say why
    return (
      <Tooltip label={refusal} events={{ hover: true, focus: true, touch: true }}>
        <ActionIcon {...common} aria-label={`${label}: ${refusal}`} aria-disabled data-disabled>
          {icon}
        </ActionIcon>
      </Tooltip>
    );
  }
  return (
    <Tooltip label={label}>
      {"to" in action ? (
        <ActionIcon {...common} component={Link} to={action.to}>
          {icon}
        </ActionIcon>
      ) : (
        <ActionIcon {...common} onClick={action.onClick}>
          {icon}
        </ActionIcon>
      )}
    </Tooltip>
  );
}
