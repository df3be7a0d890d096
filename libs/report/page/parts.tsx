import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** A titled part of the page. */
export function Section(props: {
  readonly id: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section id={props.id} aria-labelledby={`${props.id}-title`}>
      <div class="section-head">
        <h2 id={`${props.id}-title`}>{props.title}</h2>
        {props.aside}
      </div>
      {props.note === undefined ? null : <p class="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

/** A cell of a table: numbers are aligned right. */
export type TableCell = ComponentChildren;

/** A table that scrolls sideways where it is wider than the screen. */
export function Table(props: {
  readonly label: string;
  readonly head: readonly string[];
  /** Indexes of columns with numbers. */
  readonly numbers?: readonly number[];
  readonly rows: readonly (readonly TableCell[])[];
}) {
  const kind = (column: number): string => (props.numbers?.includes(column) === true ? 'number' : '');
  return (
    <div class="scroll" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map((title, column) => (
              <th scope="col" class={kind(column)} key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td class={kind(column)} key={column}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Content that opens on request; it is made only then. */
export function Disclosure(props: { readonly title: string; readonly children: () => ComponentChildren }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.title}</summary>
      {open ? props.children() : null}
    </details>
  );
}

/** A command with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  const code = useRef<HTMLElement>(null);
  useEffect(() => {
    if (copied === 'no') return undefined;
    const timer = setTimeout(() => setCopied('no'), 2500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('yes');
    } catch {
      // A page from a file or without permission: the selected text can be copied by hand.
      const selection = getSelection();
      if (code.current !== null) selection?.selectAllChildren(code.current);
      setCopied(document.execCommand('copy') ? 'yes' : 'failed');
    }
  };
  return (
    <div class="command">
      <code ref={code}>{text}</code>
      <button type="button" onClick={() => void copy()} aria-label={`Copy the command: ${text.slice(0, 80)}`}>
        {{ no: 'Copy', yes: 'Copied', failed: 'Press Ctrl-C' }[copied]}
      </button>
      <span class="visually-hidden" role="status">
        {copied === 'yes' ? 'The command was copied.' : ''}
      </span>
    </div>
  );
}

/** A set of buttons of which one is pressed. */
export function Choice<T extends string>(props: {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={props.label}>
      {props.options.map(({ value, text }) => (
        <button
          type="button"
          key={value}
          aria-pressed={props.value === value}
          onClick={() => props.onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
