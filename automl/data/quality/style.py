"""The style sheet of the page: one calm column of text, a palette for day and one for night, nothing from outside."""

STYLE = """
:root{color-scheme:light dark;--paper:#fcfcfa;--ink:#23262b;--soft:#6b7077;--line:#e4e4df;--card:#fff;--bar:#8fa3b8;
--low:#c9d6e2;--high:#2f6690;--serious:#b3372f;--warning:#a8710f;--note:#7b828a;--good:#3f7d58;--code:#f1f1ec}
@media (prefers-color-scheme:dark){:root{--paper:#16181b;--ink:#dfe2e6;--soft:#959ba3;--line:#2b2f34;--card:#1c1f23;
--bar:#5d7287;--low:#33475a;--high:#7db8e8;--serious:#f08a80;--warning:#e0b25c;--note:#8a9199;--good:#86c7a0;
--code:#262a2f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:56px 32px 96px}
h1{font-size:30px;line-height:1.2;font-weight:600;letter-spacing:-.015em;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:13px;font-weight:600;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:56px 0 14px}
p{margin:0}
.sub{color:var(--soft)}
.tally{display:flex;flex-wrap:wrap;gap:10px 28px;margin-top:26px}
.tally div{display:flex;align-items:baseline;gap:8px}
.tally b{font-size:26px;font-weight:600;letter-spacing:-.02em}
.serious b,.serious .mark{color:var(--serious)}
.warning b,.warning .mark{color:var(--warning)}
.note b,.note .mark{color:var(--note)}
.tally .none b{color:var(--soft);font-weight:400}
ul{list-style:none;margin:0;padding:0}
.findings{border-top:1px solid var(--line)}
.findings li{display:grid;grid-template-columns:22px minmax(120px,190px) 1fr;gap:2px 14px;padding:13px 0;
border-bottom:1px solid var(--line)}
.mark{font-weight:700;text-align:center}
.of{font-weight:600;overflow-wrap:anywhere}
.whole{color:var(--soft);font-weight:400}
.small{font-size:13px;color:var(--soft);overflow-wrap:anywhere}
.done{color:var(--good)}
code{font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:4px;
padding:1px 5px;overflow-wrap:anywhere}
.columns{border-top:1px solid var(--line)}
.columns>li{display:grid;grid-template-columns:minmax(150px,1fr) 320px minmax(190px,1.2fr);gap:8px 36px;padding:22px 0;
border-bottom:1px solid var(--line);align-items:start}
.name{font-weight:600;font-size:16px;overflow-wrap:anywhere}
.role{display:inline-block;font-size:12px;color:var(--soft);border:1px solid var(--line);border-radius:99px;
padding:0 9px;margin:4px 0 6px}
.target .role{color:var(--high);border-color:var(--high)}
.dropped .name{color:var(--soft)}
.figures{display:flex;flex-wrap:wrap;gap:2px 22px;font-size:13px}
.figures span{color:var(--soft)}
.says{margin-top:8px;font-size:13px}
.says li{display:grid;grid-template-columns:14px 1fr;gap:6px}
svg{display:block;max-width:100%;height:auto}
svg rect{fill:var(--bar)}
svg rect.rest{fill:var(--line)}
svg text{font-size:11px;fill:var(--soft)}
svg text.level{fill:var(--ink)}
svg .axis{stroke:var(--line)}
.key{display:flex;align-items:center;gap:10px;font-size:13px;color:var(--soft);margin:0 0 14px}
.key i{width:96px;height:8px;border-radius:4px;background:linear-gradient(90deg,var(--low),var(--high))}
footer{margin-top:56px;color:var(--soft);font-size:13px}
@media (max-width:860px){main{padding:32px 18px 64px}.columns>li{grid-template-columns:1fr}
.findings li{grid-template-columns:22px 1fr}.findings li>div{grid-column:2}}
@media print{main{padding:0}.columns>li,.findings li{break-inside:avoid}}
"""
