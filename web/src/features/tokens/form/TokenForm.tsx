import { Button, Group, MultiSelect, Stack, Switch, TextInput } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { FormButtons } from "@/components/form/FormButtons";
import { dateLocale } from "@/format/dateLocale";
import "@mantine/dates/styles.css";
import { useForm } from "@mantine/form";
import { QuotaInput } from "@/components/form/QuotaInput";
import { fromCommas, toCommas } from "@/format/lists";
import { type Token, type TokenBody, useAvailableModels, useSaveToken } from "../queries";
import { useTokenTexts } from "../texts";
import { limitReached, TOKEN_STATUS } from "../tokenState";
import { after, expiredTimeOf, LIFETIMES, type Moment, momentOf } from "./expiry";
import { badSubnet } from "./subnets";

const LONGEST_NAME = 30;

interface Values {
  name: string;
  unlimited: boolean;
  quota: number;
  expires: Moment;
  models: string[];
  subnets: string;
  storesResponses: boolean;
}

interface Props {
  /** The edited token; undefined for a new one. */
  token?: Token;
  onSaved: (token: Token) => void;
  onCancel: () => void;
}

export function TokenForm({ token, onSaved, onCancel }: Props) {
  const say = useTokenTexts();
  const saving = useSaveToken();
  const form = useTokenForm(token);
  const save = (values: Values) => saving.mutate(bodyOf(values, token), { onSuccess: onSaved });
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        <TextInput
          label={say("name")}
          required
          withAsterisk
          maxLength={LONGEST_NAME}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Switch
          label={say("unlimitedLabel")}
          description={say("unlimitedHint")}
          {...form.getInputProps("unlimited", { type: "checkbox" })}
        />
        {!form.values.unlimited && (
          <QuotaInput
            label={say("quota")}
            description={say("quotaHint")}
            withAsterisk
            {...form.getInputProps("quota")}
            value={form.values.quota}
          />
        )}
        <ExpiryField {...form.getInputProps("expires")} />
        <ModelsField {...form.getInputProps("models")} />
        <TextInput
          label={say("subnets")}
          description={say("subnetsHint")}
          placeholder="10.0.0.0/8, 2001:db8::/32"
          {...form.getInputProps("subnets")}
        />
        <Switch
          label={say("storesResponses")}
          description={say("storesResponsesHint")}
          {...form.getInputProps("storesResponses", { type: "checkbox" })}
        />
        <FormButtons submit={say(token ? "save" : "create")} pending={saving.isPending} onCancel={onCancel} />
      </Stack>
    </form>
  );
}

function useTokenForm(token: Token | undefined) {
  const say = useTokenTexts();
  const expires = token ? momentOf(token.expired_time) : null;
  return useForm<Values>({
    initialValues: {
      name: token?.name ?? "",
      unlimited: token?.unlimited_quota ?? false,
      quota: quotaShown(token),
      expires,
      models: fromCommas(token?.models),
      subnets: token?.subnet ?? "",
      storesResponses: token?.stores_responses ?? true,
    },
    validate: {
      name: (name) => {
        if (!name.trim()) return say("nameMissing");
        return [...name.trim()].length > LONGEST_NAME ? say("nameTooLong") : null;
      },
      // an existing token may stay used up or expired while other fields change
      quota: (quota, { unlimited }) => (!token && !unlimited && quota <= 0 ? say("quotaMissing") : null),
      expires: (moment) =>
        moment !== expires && moment !== null && expiredTimeOf(moment) <= Date.now() / 1000
          ? say("expiresPast")
          : null,
      subnets: (list) => {
        const bad = badSubnet(list);
        return bad === undefined ? null : say("badSubnet", { subnet: bad });
      },
    },
  });
}

function quotaShown(token: Token | undefined): number {
  return Math.max(0, token?.remain_quota ?? 0);
}

function bodyOf(values: Values, token: Token | undefined): TokenBody {
  const limits = {
    expired_time: expiredTimeOf(values.expires),
    // the remainder of an unlimited token is kept for when it is limited again
    remain_quota: values.quota,
    unlimited_quota: values.unlimited,
  };
  const spent = token?.status === TOKEN_STATUS.expired || token?.status === TOKEN_STATUS.exhausted;
  return {
    ...(token ? { id: token.id, quota_seen: quotaShown(token) } : {}),
    // new limits that leave something re-enable a token
    ...(spent && !limitReached(limits, Date.now() / 1000) ? { status: TOKEN_STATUS.enabled } : {}),
    ...limits,
    name: values.name.trim(),
    models: toCommas(values.models),
    subnet: toCommas(fromCommas(values.subnets)),
    stores_responses: values.storesResponses,
  };
}

interface ExpiryProps {
  value?: Moment;
  onChange?: (moment: Moment) => void;
}

function ExpiryField({ onChange, ...props }: ExpiryProps) {
  const say = useTokenTexts();
  return (
    <div>
      <DateTimePicker
        locale={dateLocale()}
        label={say("expires")}
        description={say("expiresHint")}
        placeholder={say("never")}
        valueFormat="YYYY-MM-DD HH:mm"
        clearable
        {...props}
        {...(onChange ? { onChange } : {})}
      />
      <Group gap="xs" mt="xs">
        <Button variant="default" size="compact-sm" onClick={() => onChange?.(null)}>
          {say("never")}
        </Button>
        {LIFETIMES.map(({ text, unit }) => (
          <Button
            key={unit}
            variant="default"
            size="compact-sm"
            onClick={() => onChange?.(after(unit, Date.now() / 1000))}
          >
            {say(text)}
          </Button>
        ))}
      </Group>
    </div>
  );
}

function ModelsField({ value = [], ...props }: { value?: string[]; onChange?: (models: string[]) => void }) {
  const say = useTokenTexts();
  const { data = [] } = useAvailableModels();
  return (
    <MultiSelect
      label={say("models")}
      description={say("modelsHint")}
      placeholder={value.length === 0 ? say("allModels") : ""}
      searchable
      clearable
      hidePickedOptions
      // a selected model that is no longer available stays visible
      data={[...new Set([...data, ...value])].sort()}
      value={value}
      {...props}
    />
  );
}
