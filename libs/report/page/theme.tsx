import { useEffect, useState } from 'preact/hooks';

type Choice = 'auto' | 'light' | 'dark';

const KEY = 'parquetry-theme';
const NEXT: Readonly<Record<Choice, Choice>> = { auto: 'light', light: 'dark', dark: 'auto' };

/** The theme of the page: that of the system, or the one that a person chose. */
export function useTheme(): {
  readonly theme: string;
  readonly choice: Choice;
  setChoice(choice: Choice): void;
} {
  const [choice, setChoice] = useState<Choice>(saved);
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const theme = choice === 'auto' ? (dark ? 'dark' : 'light') : choice;
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => setDark(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, []);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  useEffect(() => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Storage is off for this page: the choice lasts until it is closed.
    }
  }, [choice]);
  return { theme, choice, setChoice };
}

function saved(): Choice {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'auto';
  } catch {
    return 'auto';
  }
}

/** A button that goes through the themes. */
export function ThemeButton(props: { readonly choice: Choice; readonly onChange: (choice: Choice) => void }) {
  const text = { auto: 'Auto', light: 'Light', dark: 'Dark' }[props.choice];
  return (
    <button
      type="button"
      class="theme"
      onClick={() => props.onChange(NEXT[props.choice])}
      aria-label={`Theme: ${text}. Change it.`}
    >
      {text}
    </button>
  );
}
