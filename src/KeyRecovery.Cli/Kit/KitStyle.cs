namespace KeyRecovery.Cli.Kit;

/// <summary>
/// The kit's style: one printed page, light on paper, and readable in a dark window. The QR code is dark on white
/// everywhere.
/// </summary>
internal static class KitStyle
{
    public const string Css = """

        :root { --ink: #16181d; --soft: #555b66; --line: #c9cdd4; --paper: #fff; --card: #f5f6f8; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8eaee; --soft: #a5abb6; --line: #3c414a; --paper: #14161a; --card: #1d2026; }
        }
        * { box-sizing: border-box; margin: 0; }
        html { font: 16px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        body { background: var(--paper); color: var(--ink); }
        main { max-width: 54rem; margin: auto; padding: 2rem 1.25rem; }
        header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem;
          border-bottom: 2px solid var(--ink); padding-bottom: .4rem; }
        h1 { font-size: 1.9rem; letter-spacing: -.01em; }
        h2 { font-size: 1.02rem; margin-bottom: .35rem; }
        .lead { margin: .9rem 0; font-size: 1.08rem; }
        .code { display: grid; grid-template-columns: 1fr 13rem; gap: 1.5rem; align-items: center;
          background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem;
          break-inside: avoid; }
        .groups { font: 700 1.65rem/1.2 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
          display: grid; grid-template-columns: repeat(4, max-content); gap: .75rem 1.6rem;
          font-variant-ligatures: none; }
        .groups span { position: relative; padding-left: .95rem; white-space: nowrap; letter-spacing: .04em; }
        .groups i { position: absolute; left: 0; top: .1rem; font: .68rem system-ui, sans-serif; color: var(--soft);
          user-select: none; }
        .groups .prefix { grid-column: 1 / -1; color: var(--soft); }
        .hint, figcaption { color: var(--soft); font-size: .85rem; margin-top: .7rem; }
        figure svg { display: block; width: 100%; background: #fff; border-radius: .3rem; }
        figcaption { text-align: center; margin-top: .4rem; }
        .columns { display: grid; grid-template-columns: 1fr 1fr; gap: 1.1rem 2rem; margin-top: 1.2rem; }
        ol, ul { padding-left: 1.2rem; }
        li + li { margin-top: .3rem; }
        .columns p { margin-top: .5rem; }
        kbd { font: .9rem ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--card);
          border: 1px solid var(--line); border-radius: .25rem; padding: .05rem .35rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem .9rem; }
        dt { color: var(--soft); }
        dd { font: .92rem/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        @media screen and (max-width: 44rem) {
          .code, .columns { grid-template-columns: 1fr; }
          .groups { grid-template-columns: repeat(2, max-content); font-size: 1.5rem; }
          figure { max-width: 16rem; }
        }
        @page { margin: 14mm; }
        @media print {
          :root { --ink: #000; --soft: #444; --line: #999; --paper: #fff; --card: #fff; }
          html { font-size: 10pt; }
          main { max-width: none; padding: 0; }
          .code { grid-template-columns: 1fr 48mm; }
          .groups { font-size: 1.9rem; }
        }

        """;
}
