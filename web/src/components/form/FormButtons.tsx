import { Button, Group } from "@mantine/core";
import { useComponentTexts } from "../texts";

interface Props {
  /** The label of the submit button. */
  submit: string;
  pending: boolean;
  onCancel: () => void;
}

/** The buttons at the end of a form in a dialog. */
export function FormButtons({ submit, pending, onCancel }: Props) {
  const say = useComponentTexts();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        {say("cancel")}
      </Button>
      <Button type="submit" loading={pending}>
        {submit}
      </Button>
    </Group>
  );
}
