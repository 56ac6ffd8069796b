import { MultiSelect, PasswordInput, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useLanguage } from "@/i18n";
import { type Channel, type ChannelType, useGroups } from "../queries";
import { KeyField } from "./KeyField";
import { useFormTexts } from "./texts";
import { asksForValues, type ChannelValues, canTypeWholeKey, optionalParts } from "./values/formValues";
import { isRequired, type Problems } from "./values/problems";

export interface FieldsProps {
  type: ChannelType;
  values: ChannelValues;
  stored: Channel | undefined;
  problems: Problems;
  onChange: (changed: Partial<ChannelValues>) => void;
}

interface Props extends FieldsProps {
  types: ChannelType[];
  onType: (type: number) => void;
}

/** The provider's account: type, address, credentials. */
export function AccountFields({ types, onType, ...fields }: Props) {
  const say = useFormTexts();
  const language = useLanguage();
  const groups = useGroups().data ?? [];
  const { type, values, problems, onChange } = fields;
  return (
    <>
      <Select
        label={say("type")}
        searchable
        allowDeselect={false}
        withAsterisk
        maxDropdownHeight={320}
        data={types.map((each) => ({ value: String(each.type), label: each.label[language] }))}
        value={String(values.type)}
        onChange={(chosen) => onType(Number(chosen))}
      />
      <TextInput
        label={say("name")}
        withAsterisk
        maxLength={255}
        value={values.name}
        error={problems.name && say("required")}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <MultiSelect
        label={say("groups")}
        description={say("groupsHint")}
        withAsterisk
        // groups that no longer exist stay until they are removed here
        data={[...new Set([...groups, ...values.groups])]}
        value={values.groups}
        error={problems.groups && say("noGroups")}
        onChange={(chosen) => onChange({ groups: chosen })}
      />
      {(type.base_url || type.base_url_required || values.base_url) && (
        <TextInput
          label={say("baseUrl")}
          description={say(type.base_url_required ? "baseUrlNeeded" : "baseUrlHint")}
          withAsterisk={type.base_url_required}
          type="url"
          placeholder={type.base_url || "https://"}
          value={values.base_url}
          error={problems.base_url && say(problems.base_url === "url" ? "badUrl" : "required")}
          onChange={(event) => onChange({ base_url: event.currentTarget.value })}
        />
      )}
      {canTypeWholeKey(type) && (
        <div>
          <Text size="sm" fw={500} mb={4}>
            {say("keyBy")}
          </Text>
          <SegmentedControl
            aria-label={say("keyBy")}
            data={[
              { value: "values", label: say("byValues") },
              { value: "key", label: say("byKey") },
            ]}
            value={values.wholeKey ? "key" : "values"}
            onChange={(chosen) => onChange({ wholeKey: chosen === "key" })}
          />
        </div>
      )}
      <ConfigFields {...fields} />
      {!asksForValues(type, values.wholeKey) && <KeyField {...fields} />}
    </>
  );
}

function ConfigFields({ type, values, stored, problems, onChange }: FieldsProps) {
  const say = useFormTexts();
  const language = useLanguage();
  const hidden = values.wholeKey ? optionalParts(type) : [];
  return type.config
    .filter(({ name }) => !hidden.includes(name))
    .map((field) => {
      const { name, secret } = field;
      const problem = problems.config[name];
      const kept = secret && stored?.type === type.type;
      const required = isRequired(field, values, type);
      const props = {
        label: field.label[language],
        description: kept ? say("valueKept") : required ? undefined : say("optional"),
        withAsterisk: required && !kept,
        placeholder: field.default,
        value: values.config[name] ?? "",
        error: problem && say(problem === "json" ? "badJson" : "required"),
        onChange: (event: { currentTarget: { value: string } }) =>
          onChange({ config: { ...values.config, [name]: event.currentTarget.value } }),
      };
      return secret ? (
        <PasswordInput key={name} {...props} autoComplete="new-password" />
      ) : (
        <TextInput key={name} {...props} />
      );
    });
}
