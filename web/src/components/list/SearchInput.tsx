import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useComponentTexts } from "../texts";

interface Props {
  value: string;
  onSearch: (keyword: string) => void;
  /** What can be searched for: placeholder and accessible name. */
  label: string;
}

/** A search field that searches shortly after the last keystroke. */
export function SearchInput({ value, onSearch, label }: Props) {
  const say = useComponentTexts();
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  // changed from outside: by the back button, or by "clear"
  if (value !== shown) {
    setShown(value);
    setTyped(value);
  }
  const search = useDebouncedCallback((keyword: string) => {
    setShown(keyword);
    onSearch(keyword);
  }, 300);
  const change = (keyword: string) => {
    setTyped(keyword);
    search(keyword.trim());
  };
  return (
    <TextInput
      type="search"
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      placeholder={label}
      aria-label={label}
      leftSection={<IconSearch size={16} />}
      rightSection={typed && <CloseButton size="sm" aria-label={say("clear")} onClick={() => change("")} />}
      w={{ base: "100%", xs: 260 }}
    />
  );
}
