import { ActionIcon, type MantineColor, Tooltip } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ComponentProps } from "react";
import { Link } from "react-router";

type Props = {
  /** The action: shown as tooltip and read by screen readers. */
  label: string;
  Icon: Icon;
  color?: MantineColor;
  /** Why the action is not available now; the button stays focusable and shows the reason. */
  refusal?: string | false | undefined;
} & ({ to: string } | Pick<ComponentProps<"button">, "onClick">);

/** An icon button for rows of lists; rendered as a link if it has a target. */
export function IconAction({ label, Icon, color = "gray", refusal, ...action }: Props) {
  const icon = <Icon size={16} aria-hidden />;
  const common = { variant: "subtle", color, "aria-label": label } as const;
  if (refusal) {
    // not `disabled`: it must be focusable to show the reason
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
