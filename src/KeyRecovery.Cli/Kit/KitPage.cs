using System.Globalization;
using System.Net;

namespace KeyRecovery.Cli.Kit;

/// <summary>A recovery kit as one page of HTML that needs nothing else: no script, no font, no request.</summary>
internal static class KitPage
{
    public static string Render(RecoveryKit kit)
    {
        var groups = kit.Code.Split(' ');
        var date = kit.Made.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        var app = WebUtility.HtmlEncode(kit.App);
        var server = WebUtility.HtmlEncode(kit.Server.GetLeftPart(UriPartial.Authority));
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">
            <title>Recovery kit: {app}, {date}</title>
            <style>{KitStyle.Css}</style>
            </head>
            <body>
            <main>
            <header>
            <h1>Recovery kit</h1>
            <p>for <b>{app}</b>, made on {date}</p>
            </header>
            <p class="lead">With this page you get your keys back when every device is lost. Nothing else is needed: no
            phone, no e-mail, no password. <b>Whoever reads it can do the same.</b></p>
            <section class="code" aria-label="Recovery code">
            <div>
            <h2>Recovery code</h2>
            <p class="groups"><span class="prefix">{groups[0]}</span>{string.Concat(groups[1..].Select(Group))}</p>
            <p class="hint">Capital or small, with or without spaces, all the same. There is no b, i or o in it, and no
            1 after the first three.</p>
            </div>
            <figure>{QrSymbol.OfCode(kit.Code).ToSvg("QR code of the recovery code")}
            <figcaption>the same code; for the recovery screen of {app} only</figcaption></figure>
            </section>
            <section class="columns">
            <div>
            <h2>What to do now</h2>
            <ol>
            <li><b>Print</b> this page, or write the code down.</li>
            <li><b>Keep it offline</b> and where you keep papers that matter. A second copy in another house
            is a good idea.</li>
            <li><b>Not in the cloud</b> that it opens, and not as a photo on the phone that may be lost.</li>
            <li><b>Delete the file</b> once it is on paper.</li>
            <li><b>Check it</b>, today and once a year. That changes nothing and costs a minute:<br>
            <kbd>keyrecovery code check</kbd></li>
            </ol>
            </div>
            <div>
            <h2>When all is lost</h2>
            <ol>
            <li>Install <b>{app}</b> on a new device and choose <b>“recover with a code”</b>.</li>
            <li>Type the code, or scan it from inside the app. A camera app or another program cannot use it.</li>
            <li>Mark the devices that are gone: they are locked out in the same moment.</li>
            </ol>
            <p>On the command line:<br><kbd>keyrecovery recover --code</kbd></p>
            </div>
            <div>
            <h2>What this is not</h2>
            <ul>
            <li>Not your password for {app}, and not a PIN: it logs you in nowhere.</li>
            <li>Not something that support, or anybody else, ever asks for.</li>
            <li>Not replaceable by the server, which does not know it. A new code is made on a device that
            still works.</li>
            </ul>
            </div>
            <div>
            <h2>Whose it is</h2>
            <dl>
            <dt>App</dt><dd>{app}</dd>
            <dt>Server</dt><dd>{server}</dd>
            <dt>Account</dt><dd>{kit.Account}</dd>
            <dt>Made</dt><dd>{kit.Made.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}</dd>
            </dl>
            <p class="hint">A newer kit may have replaced this one: the check tells.</p>
            </div>
            </section>
            </main>
            </body>
            </html>

            """;
    }

    private static string Group(string group, int index) => $"<span><i>{index + 1}</i>{group}</span>";
}
