import { Button, Image, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useStatus } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { useSignInTexts } from "../texts";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** Called with the code that the account sent. */
  onCode: (code: string) => void;
  pending: boolean;
  error: unknown;
}

/** WeChat does not redirect: users follow the account and enter the code that it replies with. */
export function WeChatDialog({ opened, onClose, onCode, pending, error }: Props) {
  const say = useSignInTexts();
  const { wechat_qrcode } = useStatus();
  const form = useForm({ initialValues: { code: "" } });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={say("wechatTitle")}
      closeButtonProps={{ "aria-label": say("close") }}
    >
      <form onSubmit={form.onSubmit(({ code }) => onCode(code.trim()))}>
        <Stack>
          <Text size="sm">{say("wechatHint")}</Text>
          {wechat_qrcode && <Image src={wechat_qrcode} alt={say("wechatQrCode")} w={200} mx="auto" />}
          <FormError error={error} />
          <TextInput
            label={say("code")}
            autoComplete="one-time-code"
            required
            data-autofocus
            {...form.getInputProps("code")}
          />
          <Button type="submit" loading={pending}>
            {say("confirm")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
