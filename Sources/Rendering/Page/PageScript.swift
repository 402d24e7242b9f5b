/// The script of a page: it opens what a link leads to, searches the log, and follows a build that runs. Without it the page has
/// all its parts.
enum PageScript {
    static let text: StaticString = #"""

        (() => {
          'use strict';
          const byID = id => document.getElementById(id);

          // A link into the log opens its part.
          function reveal() {
            const part = byID(location.hash.slice(1));
            if (!(part instanceof HTMLDetailsElement)) return;
            part.open = true;
            part.querySelector('summary').focus({preventScroll: true});
            part.scrollIntoView();
          }
          addEventListener('hashchange', reveal);
          document.addEventListener('click', event => {
            const link = event.target.closest('a[href^="#"]');
            if (link && link.hash === location.hash) reveal();
          });

          // The search in the log.
          const limit = 10000;
          let found = [], current = -1, timer = 0;
          function rangeOf(match) {
            const [texts, start, end] = match, range = document.createRange();
            const place = offset => {
              let low = 0, high = texts.length - 1;
              while (low < high) {
                const middle = (low + high + 1) >> 1;
                if (texts[middle][0] <= offset) low = middle; else high = middle - 1;
              }
              return [texts[low][1], offset - texts[low][0]];
            };
            range.setStart(...place(start));
            const [last, length] = place(end - 1);
            range.setEnd(last, length + 1);
            return range;
          }
          function mark() {
            if (!window.Highlight) return;
            CSS.highlights.set('found', new Highlight(...found.slice(0, 1000).map(rangeOf)));
            CSS.highlights.set('current', new Highlight(...(found[current] ? [rangeOf(found[current])] : [])));
          }
          function tell() {
            const words = byID('query').value, count = found.length < limit ? found.length : `${limit} or more`;
            const text = !words ? '' : !found.length ? 'not found' : `${current + 1} of ${count}`;
            byID('matches').textContent = words ? text + (byID('find').dataset.covered || '') : '';
          }
          function search() {
            const words = byID('query').value.toLowerCase();
            found = [];
            current = -1;
            for (const part of words ? byID('log').querySelectorAll('summary, pre') : []) {
              const texts = [], walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
              let text = '';
              while (walker.nextNode()) {
                texts.push([text.length, walker.currentNode]);
                text += walker.currentNode.data;
              }
              const lower = text.toLowerCase(), all = lower.length === text.length ? lower : text;
              let at = all.indexOf(words);
              for (; at >= 0 && found.length < limit; at = all.indexOf(words, at + words.length)) {
                found.push([texts, at, at + words.length]);
              }
            }
            step(1);
          }
          function step(by) {
            if (found.length) {
              current = current < 0 ? 0 : (current + by + found.length) % found.length;
              const range = rangeOf(found[current]), part = range.startContainer.parentElement;
              part.closest('details').open = true;
              const box = part.closest('pre');
              if (box) box.scrollTop += range.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
              scrollBy(0, range.getBoundingClientRect().top - innerHeight / 2);
            }
            mark();
            tell();
          }
          if (byID('find')) {
            byID('find').hidden = false;
            byID('query').addEventListener('input', () => {
              clearTimeout(timer);
              timer = setTimeout(search, 150);
            });
            byID('query').addEventListener('keydown', event => {
              if (event.key !== 'Enter') return;
              clearTimeout(timer);
              if (found.length) step(event.shiftKey ? -1 : 1); else search();
            });
            byID('previous').addEventListener('click', () => step(-1));
            byID('next').addEventListener('click', () => step(1));
          }
          reveal();

          // What the page leaves out of the log comes from its server, a piece at a time.
          async function load(link) {
            const more = link.parentElement, part = more.closest('details');
            if (more.dataset.busy) return;
            more.dataset.busy = 'yes';
            try {
              const answer = await fetch(link.href, {cache: 'no-store'});
              if (!answer.ok) throw new Error();
              const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
              const text = page.querySelector('pre'), next = page.querySelector('.more a');
              const had = link === document.activeElement;
              more.before(text);
              part.dataset.loaded = text.dataset.end;
              if (next) {
                link.setAttribute('href', 'log/' + next.getAttribute('href'));
                link.textContent = next.textContent;
              } else {
                more.remove();
                if (had) text.focus({preventScroll: true});
              }
            } catch { link.textContent = 'The server does not answer: try again'; }
            delete more.dataset.busy;
          }
          document.addEventListener('click', event => {
            const link = event.target.closest('details .more a');
            if (!link) return;
            event.preventDefault();
            load(link);
          });
          document.addEventListener('toggle', event => {
            const part = event.target, link = part.open && part.querySelector('.more a');
            if (link && !part.querySelector('pre')) load(link);
          }, true);

          // The end of a part of the log that goes on, of which pieces were loaded: these stay.
          function extend(old, now) {
            const link = now.querySelector('.more a'), more = old.querySelector('.more'), end = now.querySelector('pre:last-child');
            const had = more && more.contains(document.activeElement);
            if (more && more.dataset.busy) return;
            old.querySelector('summary').replaceChildren(...now.querySelector('summary').childNodes);
            if (!link || !end) return;
            const to = Number(link.getAttribute('href').split('-')[1]), from = Number(old.dataset.loaded);
            if (more) more.remove();
            const last = old.querySelector('pre:last-child');
            if (last.dataset.end) last.after(end); else last.replaceWith(end);
            if (from >= to) return;
            link.setAttribute('href', `log/${from}-${to}`);
            end.before(link.parentElement);
            if (had) link.focus({preventScroll: true});
          }

          // A page that a server shows follows what it shows, part by part, and leaves alone what somebody is looking at.
          const touched = new Set();
          document.addEventListener('click', event => {
            const head = event.target.closest('summary');
            if (head) touched.add(head.parentElement.id);
          });
          function update(old, now) {
            if (old.id === 'find') {
              old.dataset.covered = now.dataset.covered;
              return old;
            }
            if (old.dataset.loaded) {
              extend(old, now);
              return old;
            }
            if (old.id === 'log') {
              sync(old, now);
              return old;
            }
            if (old instanceof HTMLDetailsElement) {
              // What has only a link from now on is folded, unless somebody has opened it.
              const isOpen = old.open && (touched.has(old.id) || !now.querySelector('.more'));
              now.open = isOpen || now.open && !touched.has(old.id);
            }
            if (old.isEqualNode(now)) return old;
            const box = old.querySelector('pre'), top = box ? box.scrollTop : 0;
            const isAtEnd = box && box.scrollHeight > box.clientHeight && top + box.clientHeight >= box.scrollHeight - 4;
            const focus = old.contains(document.activeElement) ? document.activeElement : null;
            old.replaceWith(now);
            const other = now.querySelector('pre');
            if (other) other.scrollTop = isAtEnd ? other.scrollHeight : top;
            const again = focus && (focus.id ? byID(focus.id) : now.querySelector(focus.tagName));
            if (again) again.focus({preventScroll: true});
            return now;
          }
          function sync(old, now) {
            const known = new Map([...old.children].filter(child => child.id).map(child => [child.id, child]));
            let place = old.firstElementChild;
            for (const child of [...now.children]) {
              let node = known.get(child.id);
              if (node) {
                const isHere = node === place;
                node = update(node, child);
                if (isHere) place = node;
              } else node = child;
              if (node === place) place = place.nextElementSibling; else old.insertBefore(node, place);
            }
            while (place) {
              const next = place.nextElementSibling;
              place.remove();
              place = next;
            }
          }
          function take(page) {
            const root = document.documentElement, isAtEnd = scrollY > 0 && innerHeight + scrollY >= root.scrollHeight - 8;
            document.title = page.title;
            for (const name of ['header', 'nav']) {
              const old = document.querySelector(name), now = page.querySelector(name);
              if (old && now) update(old, now);
            }
            sync(document.querySelector('main'), page.querySelector('main'));
            if (isAtEnd) scrollTo(0, root.scrollHeight);
          }
          const changes = document.body.dataset.changes;
          if (changes) {
            const connection = byID('connection'), source = new EventSource(changes);
            let isBusy = false, isWanted = false;
            async function refresh() {
              isWanted = true;
              if (isBusy) return;
              isBusy = true;
              while (isWanted) {
                isWanted = false;
                const start = performance.now();
                try {
                  const answer = await fetch(location.pathname, {cache: 'no-store'});
                  if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
                } catch { connection.textContent = 'The server does not answer.'; }
                // What takes long is not done all the time.
                await new Promise(done => setTimeout(done, Math.max(50, 2 * (performance.now() - start))));
              }
              isBusy = false;
            }
            source.onopen = () => { connection.textContent = ''; };
            source.onmessage = refresh;
            source.addEventListener('end', () => {
              source.close();
              refresh();
            });
            source.onerror = () => { connection.textContent = 'The server has ended; this is what it showed last.'; };
          }
        })();

        """#
}
