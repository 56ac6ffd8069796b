import { Button, Checkbox, FileButton, Group, TextInput } from "@mantine/core";
import { IconBraces, IconDownload, IconUpload } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { showDone } from "@/app/notifications";
import { SearchInput } from "@/components/list/SearchInput";
import type { ListParams } from "@/components/list/useListParams";
import { RatioJson } from "./RatioJson";
import { type Ratios, writeRatios } from "./ratios";
import { usePriceTexts } from "./texts";
import type { RatioDraft } from "./useRatioDrafts";

export interface RatioFilters extends Record<string, string> {
  keyword: string;
  changed: string;
}

interface Props {
  draft: RatioDraft;
  onChange: (ratios: Ratios) => void;
  list: ListParams<RatioFilters>;
}

/** Search, and actions on a whole table. */
export function RatioTools({ draft, onChange, list }: Props) {
  const say = usePriceTexts();
  /** The JSON editor's content; null while it is closed. */
  const [json, setJson] = useState<string | null>(null);
  const apply = (ratios: Ratios) => {
    onChange(ratios);
    setJson(null);
    list.setFilters({ keyword: "" });
    showDone(say("imported", { count: ratios.size }));
  };
  return (
    <>
      <Group gap="xs">
        <SearchInput
          value={list.filters.keyword}
          onSearch={(keyword) => list.setFilters({ keyword })}
          label={say("search")}
        />
        <Checkbox
          label={say("onlyChanged")}
          checked={list.filters.changed === "yes"}
          onChange={(event) => list.setFilters({ changed: event.currentTarget.checked ? "yes" : "" })}
        />
      </Group>
      <Group gap="xs">
        <NewEntry
          draft={draft}
          onAdd={(name) => {
            onChange(new Map(draft.now).set(name, "1"));
            list.setFilters({ keyword: name });
          }}
        />
        <Button
          variant="default"
          leftSection={<IconBraces size={16} />}
          onClick={() => setJson(writeRatios(draft.now))}
        >
          {say("asJson")}
        </Button>
        <FileButton
          accept="application/json,.json"
          onChange={(file) => {
            // the editor shows problems, and they can be corrected there
            if (file) void file.text().then(setJson);
          }}
        >
          {(props) => (
            <Button variant="default" leftSection={<IconUpload size={16} />} {...props}>
              {say("import")}
            </Button>
          )}
        </FileButton>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          onClick={() => saveFile(`${draft.key}.json`, writeRatios(draft.now))}
        >
          {say("export")}
        </Button>
      </Group>
      {json !== null && (
        <RatioJson table={draft.key} initial={json} onApply={apply} onClose={() => setJson(null)} />
      )}
    </>
  );
}

function NewEntry({ draft, onAdd }: { draft: RatioDraft; onAdd: (name: string) => void }) {
  const say = usePriceTexts();
  const [name, setName] = useState("");
  const [error, setError] = useState<string | null>(null);
  const add = (event: FormEvent) => {
    event.preventDefault();
    const typed = name.trim();
    if (typed === "") return setError(say("nameMissing"));
    if (draft.now.has(typed)) return setError(say("nameTaken"));
    onAdd(typed);
    setName("");
  };
  return (
    <Group component="form" onSubmit={add} gap="xs" align="flex-start" wrap="nowrap">
      <TextInput
        aria-label={say("newName")}
        placeholder={say(draft.key === "GroupRatio" ? "newNameGroup" : "newNameModel")}
        value={name}
        error={error}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setError(null);
        }}
      />
      <Button type="submit" variant="light" style={{ flexShrink: 0 }}>
        {say("add")}
      </Button>
    </Group>
  );
}

function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
