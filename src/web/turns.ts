/** Work that takes every core: one such at a time in a page, whichever session does it. */
interface Waiting {
  first: boolean;
  begin(): void;
}

const waiting: Waiting[] = [];
let taken = false;

function next(): void {
  const [chosen] = [...waiting.filter(({ first }) => first), ...waiting];
  if (taken || !chosen) return;
  waiting.splice(waiting.indexOf(chosen), 1);
  taken = true;
  chosen.begin();
}

/**
 * Asks for the turn to take every core: several sessions with workers for all of them hinder one another. `begin` is
 * called once; what is returned gives the turn back, or up.
 * @param first whether it goes before what waits already
 */
export function takeTurn(first: boolean, begin: () => void): () => void {
  let given = false;
  let ended = false;
  const own: Waiting = {
    first,
    begin() {
      given = true;
      begin();
    },
  };
  waiting.push(own);
  next();
  return () => {
    if (ended) return;
    ended = true;
    if (given) taken = false;
    else waiting.splice(waiting.indexOf(own), 1);
    next();
  };
}
