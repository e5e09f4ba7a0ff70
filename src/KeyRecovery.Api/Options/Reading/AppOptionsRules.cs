using System.Buffers;
using System.Net;
using System.Text;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Webhooks;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>The rules of the list of apps.</summary>
internal static class AppOptionsRules
{
    private const int MostFormer = 8;
    private const int MostWebhook = 2048;

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    public static void Check(IList<AppOptions> apps, IHostEnvironment environment, Failures failures)
    {
        if (apps.Count == 0) failures.Add("Apps", "is empty: name at least one app");
        var ids = new HashSet<string>();
        var audiences = new HashSet<(string, string)>();
        for (var i = 0; i < apps.Count; i++)
        {
            var (app, key) = (apps[i], $"Apps:{i}");
            if (app.Id.Length is 0 or > Limits.AppIdLength || app.Id.AsSpan().ContainsAnyExcept(IdCharacters))
                failures.Add($"{key}:Id", "is 1 to 64 of a-z, 0-9, dot and dash");
            else if (!ids.Add(app.Id))
                failures.Add($"{key}:Id", "is taken by another app");

            CheckName($"{key}:Issuer", app.Issuer, failures);
            CheckName($"{key}:Audience", app.Audience, failures);
            if (!audiences.Add((app.Issuer, app.Audience)))
                failures.Add($"{key}:Audience", "belongs to another app of the same issuer");
            if (app.FormerIssuers.Length > MostFormer)
                failures.Add($"{key}:FormerIssuers", $"has at most {MostFormer} names");
            for (var j = 0; j < app.FormerIssuers.Length; j++)
            {
                CheckName($"{key}:FormerIssuers:{j}", app.FormerIssuers[j], failures);
                if (!audiences.Add((app.FormerIssuers[j], app.Audience)))
                    failures.Add($"{key}:FormerIssuers:{j}", "is an issuer of this audience already");
            }

            CheckKeySource(key, app, environment, failures);
            CheckWebhook($"{key}:Events:Webhook", app.Events, environment, failures);
            failures.Range($"{key}:Policy:Erasure:HoldHours", app.Policy.Erasure.HoldHours, 0, 720);
            failures.Range($"{key}:Policy:TrustAfterHours", app.Policy.TrustAfterHours, 0, 720);
            failures.Range($"{key}:Policy:ItemBytes", app.Policy.ItemBytes, 1_024, Limits.MaxItemBytes);
            failures.Range($"{key}:Policy:CommitsPerDay", app.Policy.CommitsPerDay, 1, 1_000_000);
            for (var home = 0; home < app.Policy.Homes.Length; home++)
            {
                if (AppPolicyOptions.ReadHome(app.Policy.Homes[home]) is null)
                    failures.Add($"{key}:Policy:Homes:{home}", "is the audit key of a home server, in base64url");
            }

            app.Quota.Check($"{key}:Quota", failures);
            app.Inactive.Check($"{key}:Inactive", failures);
            app.Policy.Passphrase.Check($"{key}:Policy:Passphrase", failures);
        }
    }

    /// <summary>Operators of those apps: with an audience that no user's token has.</summary>
    public static void Check(
        IList<OperatorOptions> operators, IList<AppOptions> apps, IHostEnvironment environment, Failures failures)
    {
        var audiences = apps.SelectMany(app => app.Issuers.Select(issuer => (issuer, app.Audience))).ToHashSet();
        for (var i = 0; i < operators.Count; i++)
        {
            var (one, key) = (operators[i], $"Operators:{i}");
            if (apps.All(app => app.Id != one.App)) failures.Add($"{key}:App", "is the id of a configured app");
            CheckName($"{key}:Issuer", one.Issuer, failures);
            CheckName($"{key}:Audience", one.Audience, failures);
            if (!audiences.Add((one.Issuer, one.Audience)))
                failures.Add($"{key}:Audience", "belongs to an app or another operator of the same issuer");
            CheckKeySource(key, one, environment, failures);
            if (one.Scopes is { Length: 0 }) failures.Add($"{key}:Scopes", "is empty: name at least one scope");
            for (var named = 0; named < one.Granted.Count; named++)
            {
                if (!OperatorScopes.IsWord(one.Granted[named]))
                    failures.Add($"{key}:Scopes:{named}", $"is one of {string.Join(", ", OperatorScopes.Words)}");
            }
        }
    }

    private static void CheckName(string key, string value, Failures failures)
    {
        if (value.Length == 0 || Encoding.UTF8.GetByteCount(value) > 256) failures.Add(key, "has 1 to 256 bytes");
    }

    private static void CheckKeySource(
        string key, TokenSourceOptions app, IHostEnvironment environment, Failures failures)
    {
        var named = new[] { app.Authority, app.JwksUrl, app.Jwks, app.KeyFile }.Count(source => source is not null);
        if (app.Issuer == DevelopmentIssuer.Name)
        {
            if (!environment.IsDevelopment())
                failures.Add($"{key}:Issuer", "is the development issuer, which exists in Development only");
            if (named != 0) failures.Add(key, "names keys, but the development issuer has its own");
            return;
        }

        if (named != 1)
        {
            failures.Add(key, "names exactly one of Authority, JwksUrl, Jwks and KeyFile");
            return;
        }

        CheckAddress($"{key}:Authority", app.Authority, failures);
        CheckAddress($"{key}:JwksUrl", app.JwksUrl, failures);
        const string Private = "holds a private key, which makes tokens: give the public half alone, and replace it";
        if (app.Jwks is not null && SigningKeys.HoldsPrivate(app.Jwks)) failures.Add($"{key}:Jwks", Private);
        else if (app.Jwks is not null && SigningKeys.TryRead(app.Jwks) is null)
            failures.Add($"{key}:Jwks", "is a JWK Set with at least one public RSA (2048 bits or more) or EC key");
        if (app.KeyFile is not null && SigningKeys.HoldsPrivateFile(app.KeyFile))
            failures.Add($"{key}:KeyFile", Private);
        else if (app.KeyFile is not null && SigningKeys.TryReadFile(app.KeyFile) is null)
            failures.Add($"{key}:KeyFile",
                "is a readable file with a JWK Set or a PEM public key, RSA (2048 bits or more) or EC");
    }

    private static void CheckWebhook(
        string key, AppEventOptions events, IHostEnvironment environment, Failures failures)
    {
        if (events.Webhook is not { } address) return;
        if (address.Length > MostWebhook || !Uri.TryCreate(address, UriKind.Absolute, out var uri)
            || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0
            || !(uri.Scheme == Uri.UriSchemeHttps
                || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback && environment.IsDevelopment())))
            failures.Add(
                key, "is an https address without a user and a fragment (in Development also http on loopback)");
        // What a name leads to is looked at whenever it is connected to.
        else if (IPAddress.TryParse(uri.IdnHost, out var literal)
            && !WebhookReaches.Of(uri, events.AllowPrivate).Reaches(literal))
            failures.Add(key, "lies at an address that a webhook may not have: see Events:AllowPrivate");
    }

    private static void CheckAddress(string key, string? address, Failures failures)
    {
        if (address is null) return;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri)
            || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            failures.Add(key, "is an https address (http on loopback only)");
    }
}
