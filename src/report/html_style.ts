/** The report's style sheet: one accent, light and dark, screen and paper. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#ffffff;--panel:#f6f7f8;--ink:#1a1d21;--muted:#5a616b;--rule:#d5d9de;--accent:#b3470f}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--panel:#1d2126;--ink:#eceff2;--muted:#a4acb6;--rule:#363c44;--accent:#ff9d5c}}
@media print{:root{color-scheme:light;--paper:#ffffff;--panel:#ffffff;--ink:#1a1d21;--muted:#5a616b;--rule:#d5d9de;--accent:#b3470f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:1240px;margin:0 auto;padding:0 32px}
header{padding-top:56px}
.kicker{margin:0;color:var(--accent);font-size:14px;font-weight:600}
h1{margin:4px 0 0;font-size:36px;line-height:1.2;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 4px;font-size:22px;font-weight:650}
h3{margin:0;font-size:16px;font-weight:600;overflow-wrap:anywhere}
section{margin:64px 0 0}
section>p{margin:0 0 16px;max-width:70ch;color:var(--muted);overflow-wrap:anywhere}
dl.headlines{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:24px 32px;margin:36px 0 0;padding:28px 0 0;border-top:2px solid var(--accent)}
dl.headlines dt{font-size:14px;color:var(--muted)}
dl.headlines dd{margin:0;font-size:21px;font-weight:600;line-height:1.35;font-variant-numeric:tabular-nums}
dl.headlines dd small{display:block;white-space:pre-line;font-size:14px;font-weight:400;color:var(--muted)}
.warning{margin:28px 0 0;padding:14px 18px;border-left:4px solid var(--accent);background:var(--panel);border-radius:0 6px 6px 0;max-width:90ch}
.wide{overflow-x:auto}
table.lattice th[scope=row]{text-align:left;font-weight:600}
.row{margin-left:-20px;display:flex;flex-wrap:wrap;gap:16px 40px;align-items:flex-start}
.row>.scroll,.row>pre,.row>ul,.row h3{margin-left:20px}
.row>div{min-width:0;max-width:100%}
.parts{display:flex;flex-wrap:wrap}
.parts .hint{flex-basis:100%}
.beside{flex:1 1 340px;display:flex;flex-wrap:wrap}
figure{margin:0;min-width:0;max-width:100%}
figure svg{display:block;max-width:100%;height:auto}
.plot{position:relative;border-radius:6px;width:fit-content;max-width:100%}
.plot:focus-visible,summary:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.plot [data-mark]{fill:none;stroke:#ffffff;stroke-width:2.5;paint-order:stroke;pointer-events:none}
.plot [data-mark=shade]{stroke:#000000;stroke-width:5}
fieldset{border:0;margin:0 0 4px;padding:0 0 0 20px;display:flex;flex-wrap:wrap;gap:4px 20px}
legend{float:left;padding:0;margin-right:16px;color:var(--muted)}
label{cursor:pointer}
input{accent-color:var(--accent)}
.hint{margin:4px 0 0 20px;font-size:14px;color:var(--muted)}
#tip{position:fixed;z-index:2;pointer-events:none;background:var(--paper);color:var(--ink);border:1px solid var(--rule);border-radius:6px;padding:8px 12px;font-size:14px;line-height:1.4;box-shadow:0 4px 16px rgb(0 0 0/.22);white-space:pre;font-variant-numeric:tabular-nums}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
details{border-top:1px solid var(--rule);padding:12px 0}
details:last-of-type{border-bottom:1px solid var(--rule)}
summary{cursor:pointer;font-weight:600}
pre,.scroll{overflow:auto;max-height:480px;margin:12px 0 0}
pre{padding:16px;background:var(--panel);border-radius:6px;font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:3px 14px 3px 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
thead th{position:sticky;top:0;background:var(--paper);color:var(--muted);font-weight:600}
th:first-child,td:first-child{text-align:left}
ul{margin:12px 0 0;padding-left:20px}
a{color:var(--accent)}
footer{padding:48px 32px 64px;color:var(--muted);font-size:14px}
@media (max-width:640px){header,main,footer{padding-left:16px;padding-right:16px}h1{font-size:28px}section{margin-top:44px}.row{margin-left:-16px}#overlay text{font-size:22px}.broad>div{overflow-x:auto}.broad svg{max-width:none;width:620px;height:auto}dl.headlines{grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:18px 20px}}
@media print{@page{margin:14mm}body{font-size:11pt}header,main,footer{max-width:none;padding:0}header{padding-top:0}section{margin-top:24pt}h2,section>p{break-after:avoid}figure,.plot,dl.headlines>div{break-inside:avoid}figure svg{width:auto;max-height:145mm}.row{margin-left:0}.parts>figure{flex:0 0 48%}th,td{padding:2px 6px 2px 0;font-size:8pt}.wide,.scroll{overflow:visible;max-height:none}fieldset,.hint,#tip,details:not(.printed){display:none}pre{max-height:none;white-space:pre-wrap}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/** SHA-256 of the style sheet, for the content security policy. */
export const STYLE_HASH = "sha256-NzyYFQk1PEVWOuvEVhF9HDfeVyRoiqAlKvniZt9Ws3s=";
