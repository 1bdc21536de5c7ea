"""The style for paper, beside that for screens in frame.py: what is worked by hand is left out, figures stay whole."""

# Words and lines are dark on white, also where the screen is dark. What the page's components leave out on paper is
# said in their own style, which this one does not reach; what they paint keeps the background it was painted for.
CSS = """
<style>
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-printed"]), [class*="st-key-printed"] { display: none; }
@page { size: A4 landscape; margin: 10mm 12mm; }
@media print {
  [data-testid="stLayoutWrapper"]:has(> [class*="st-key-printed"]), [class*="st-key-printed"] { display: block; }
  [data-testid="stElementContainer"]:has([data-testid="stDataFrame"]) { display: none !important; }
  [class*="st-key-printed_"] table { border-collapse: collapse; font-size: 0.72rem; color: #15171C; }
  [class*="st-key-printed_"] :is(td, th) {
    border-bottom: 1px solid #BFC3CA; padding: 0.1rem 0.6rem 0.1rem 0; text-align: left;
  }
  [class*="st-key-printed_"] td:not(:last-child) { white-space: nowrap; }
  [class*="st-key-printed_"] tr { break-inside: avoid; }
  .st-key-printed:has([data-testid="stMarkdown"]) { border-bottom: 1px solid #8C8C8C; padding-bottom: 0.3rem; }
  /* What is worked by hand, or leads elsewhere. */
  :is([data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stStatusWidget"], [data-testid="stToast"],
  [data-testid="stTooltipIcon"], [data-testid="stElementToolbar"], [data-testid="stExpandSidebarButton"]),
  :is(.st-key-glossary, .st-key-beside-names, .st-key-way_on, .st-key-keeping, .st-key-address),
  .stApp [class*="st-key-by_hand"],
  .stApp :is([data-testid="stButton"], [data-testid="stDownloadButton"], [data-testid="stFormSubmitButton"],
  [data-testid="stPopover"], [data-testid="stPageLink"], [data-testid="stLinkButton"], [data-testid="stButtonGroup"],
  [data-testid="stSlider"], [data-testid="stMenuButton"], [data-testid="stFileUploader"], [data-testid="stTextInput"],
  [data-testid="stSelectbox"]),
  .stApp :is([data-testid="stElementContainer"], [data-testid="stLayoutWrapper"]):has(> [data-testid="stExpander"]
  details:not([open])) { display: none !important; }
  /* All of the page, not what a window shows of it. */
  html, body, #root, #root > div, .stApp, .stApp > div, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
    position: static !important; display: block !important; height: auto !important; overflow: visible !important;
  }
  [data-testid="stMainBlockContainer"] {
    box-sizing: content-box; width: var(--drawn-width, 1100px) !important; max-width: none; padding: 0 0.5rem;
    zoom: var(--fit, 0.9);
    container: paper / inline-size;
  }
  @container paper (min-width: 641px) { /* side by side, as they were drawn */
    [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) {
      display: flex !important; flex-direction: row !important; flex-wrap: nowrap !important;
    }
    [data-testid="stColumn"] { min-width: 0 !important; margin-bottom: 0 !important; }
  }
  [class*="st-key-panels_box"] > div { height: auto !important; }
  :is([class*="st-key-"], [data-testid="stVerticalBlock"]) { overflow: visible !important; }
  /* On one sheet each. */
  :is([data-testid="stPlotlyChart"], [data-testid="stDataFrame"], [data-testid="stTable"], [data-testid="stCode"]),
  :is([class*="st-key-panels"], [data-testid="stBidiComponent"], [data-testid="stMarkdown"], img, .st-key-taking) {
    break-inside: avoid;
  }
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] [data-testid="stPlotlyChart"]) {
    break-inside: avoid;
  }
  [data-testid="stHorizontalBlock"]:has(.st-key-strips) { zoom: var(--fit-pictures, 0.7); } /* under their heading */
  .strips.large { zoom: 0.8; } /* nine rows on two sheets */
  .st-key-notes { break-before: page; }
  :is(.st-key-notes, .st-key-strips) [data-testid="stMarkdown"] { break-inside: auto; }
  .st-key-notes :is(p, li) { break-inside: avoid; }
  :is(h1, h2, h3, h4, [data-testid="stElementContainer"]:has(h4)) { break-after: avoid; }
  :root, body, .stApp { color-scheme: light !important; background: #FFFFFF !important; }
  .stApp, .stApp :is(p, li, h3, h4, td, th, label, [data-testid="stCaptionContainer"]) { color: #15171C !important; }
  .stApp :is(.stMarkdownColoredText, .stMarkdownBadge, .stMarkdownBadge *) { color: #5A5E66 !important; }
  .stApp a, .stApp a * { color: #1F4FB2 !important; }
  .stApp :is(.stCode pre, :not(pre) > code, .stMarkdownBadge) { background: #F6F7F9 !important; }
  .stApp :is(.stCode pre, code, code span:not([class])) { color: #15171C !important; }
  [data-testid="stRadio"] label > div > div:first-child { background: none !important; border: 1px solid #15171C; }
  .js-plotly-plot .main-svg { background: none !important; overflow: visible !important; }
  .js-plotly-plot rect.bg { fill: none !important; }
  .js-plotly-plot text { fill: #15171C !important; }
  :is([data-testid="stPlotlyChart"], canvas, img) { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>
"""
