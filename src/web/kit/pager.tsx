import { useWords } from '../words/language.js';
import { Button } from './button.js';
import './pager.css';

interface PagerProps {
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  readonly onPrevious: () => void;
  readonly onNext: () => void;
  /** Where one is: “51–100”. */
  readonly place?: string;
}

/** Back and forth, for lists that are shown page by page. */
export function Pager({ hasPrevious, hasNext, onPrevious, onNext, place }: PagerProps) {
  const words = useWords();
  if (!hasPrevious && !hasNext) return null;
  return (
    <nav className="pager" aria-label={`${words.do.previous}, ${words.do.next}`}>
      <Button size="s" disabled={!hasPrevious} onClick={onPrevious}>
        {words.do.previous}
      </Button>
      {place !== undefined && <span className="quiet number">{place}</span>}
      <Button size="s" disabled={!hasNext} onClick={onNext}>
        {words.do.next}
      </Button>
    </nav>
  );
}
