using System.Text;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Tests.Watching;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Client.Tests.Injection;

/// <summary>
/// A day of an app whose log keeps everything, at every level and of every category: what happened is in it, and
/// nothing of what the person or the account has to hide.
/// </summary>
public sealed class LoggedDayTests(TrustingServerFixture fixture) : IClassFixture<TrustingServerFixture>, IDisposable
{
    private const string Typed = "correct horse battery staple";
    private const string WrongTyped = "a stranger's own idea of it";

    private readonly TempFolder _folder = new();
    private readonly HeardLog _log = new();
    private readonly RelayHandler _relay = new();
    private readonly WatchClock _clock = new();
    private readonly Dictionary<string, string> _secrets = [];

    public void Dispose()
    {
        _relay.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_day_is_told_and_no_secret_of_it()
    {
        var (subject, content) = (Canary.NewText(), Canary.NewText());
        var token = await fixture.Server.TokenAsync(subject);
        using var code = RecoveryCode.Generate();
        using var wrong = RecoveryCode.Generate();
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(Typed)).Passphrase;
        using var wrongPassphrase = ((PassphraseParse.Ok)Passphrase.Parse(WrongTyped)).Passphrase;
        foreach (var (name, secret) in (ReadOnlySpan<(string, string)>)[
            ("subject", subject), ("token", token), ("code", code.ToDisplayString()),
            ("other code", wrong.ToDisplayString()),
            ("passphrase", Typed), ("wrong passphrase", WrongTyped), ("content", content), ("item", "Ann's diary"),
            ("device", "Ann's phone"), ("other device", "Ann's laptop"), ("home", _folder.Path)])
            _secrets.Add(name, secret);

        await using var phone = App("phone");
        var client = phone.GetRequiredService<KeyRecoveryClient>();
        using var vault = TestDevice.Value(await client.CreateAsync(
            token, new CreateOptions { DeviceName = "Ann's phone", Code = code, Passphrase = passphrase }));
        TestDevice.Value(await vault.PutAsync("Ann's diary", Encoding.UTF8.GetBytes(content)));
        _secrets.Add("account", vault.Account.ToString());
        using var laptop = App("laptop");
        using var other = await LinkAsync(vault, laptop.GetRequiredService<KeyRecoveryClient>());
        using var tablet = App("tablet", _clock);
        using var back = await RecoverAsync(
            tablet.GetRequiredService<KeyRecoveryClient>(), token, code, wrong, wrongPassphrase);
        await WatchAsync(back);

        _relay.OnRequest = (_, _) => throw new HttpRequestException($"away, said {subject}");
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.GetAsync("Ann's diary")));
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.RefreshAsync()));
        _relay.OnRequest = (_, _) => new HttpResponseMessage(System.Net.HttpStatusCode.Forbidden)
        {
            Content = new StringContent(
                $$"""{"type":"urn:keyrecovery:error:{{subject}} said","title":"{{subject}}"}""", Encoding.UTF8,
                "application/problem+json"),
        };
        TestDevice.Failure(await vault.RefreshAsync());
        _relay.OnRequest = null;
        // A home that takes nothing any more, while there is news.
        File.Delete(_folder["phone/device.lock"]);
        Directory.CreateDirectory(_folder["phone/device.lock"]);
        TestDevice.Value(await other.RefreshAsync());
        TestDevice.Value(await other.PutAsync("Ann's diary", "later"u8.ToArray()));
        TestDevice.Value(await vault.RefreshAsync());

        foreach (var (said, level) in (ReadOnlySpan<(string, LogLevel)>)[
            ("POST /v1/accounts was answered with 20", LogLevel.Debug), ("PUT /v1/links/*/*/*", LogLevel.Debug),
            ("POST /v1/recovery was refused with", LogLevel.Information), ("had no answer", LogLevel.Warning),
            ("was refused with 403 unknown", LogLevel.Information), ("The account: Added", LogLevel.Information),
            ("The account could not be read: Transient", LogLevel.Warning),
            ("does not take what was verified", LogLevel.Warning)])
            Assert.True(
                _log.Lines.Any(l => l.Category == "KeyRecovery" && l.Level == level
                    && l.All.Contains(said, StringComparison.Ordinal)), said);
        Assert.Empty(Leaks());
        // The search finds what is there, whatever it is in.
        using var own = LoggerFactory.Create(logging => logging.AddProvider(_log));
        foreach (var secret in _secrets.Values)
            own.CreateLogger("app").LogError(new InvalidOperationException(secret.ToUpperInvariant()), "{What}", "it");
        Assert.Equal(_secrets.Keys.Order(), Leaks().Distinct().Order());
    }

    [Theory]
    [InlineData("/v1/links/abcdefgh/n/5?waitMs=100", "/v1/links/*/*/*")]
    [InlineData("/v1/config?app=demo", "/v1/config")]
    [InlineData("/audit/tile/0/x001/023", "/audit/tile/*/*/*")]
    [InlineData("/v1/items/read", "/v1/items/read")]
    [InlineData("/v1/restore-points/3q2-7w", "/v1/restore-points/*")]
    [InlineData("/v1/new-route\r\nforged", "/v1/*")]
    [InlineData("", "")]
    public void A_path_is_told_by_the_routes_own_words(string path, string told) =>
        Assert.Equal(told, ClientLog.RouteOf(path));

    private async Task<VaultSession> LinkAsync(VaultSession vault, KeyRecoveryClient laptop)
    {
        await using var link = TestDevice.Value(await vault.BeginLinkAsync());
        _secrets.Add("link", link.QrText);
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            },
            "bundle"u8.ToArray());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;
        var linked = TestDevice.Value(await laptop.LinkAsync(code, new LinkJoin
        {
            DeviceName = "Ann's laptop", Platform = "Linux",
            ShowDigits = (shown, _) => digits.SetResult(shown),
        }));
        TestDevice.Value(await existing);
        linked.Bundle.Dispose();
        return linked.Vault;
    }

    private static async Task<VaultSession> RecoverAsync(
        KeyRecoveryClient client, string token, RecoveryCode code, RecoveryCode wrong, Passphrase wrongPassphrase)
    {
        TestDevice.Failure(await client.BeginRecoveryAsync(wrong));
        Assert.IsType<ClientFailure.WrongPassphrase>(TestDevice.Failure(
            await client.BeginPassphraseRecoveryAsync(wrongPassphrase, token)));
        using var recovery = TestDevice.Value(await client.BeginRecoveryAsync(code));
        return TestDevice.Value(await recovery.CompleteAsync("Ann's tablet", [])).Vault;
    }

    private async Task WatchAsync(VaultSession vault)
    {
        var (watch, _) = await Watch.BeginAsync(vault, _clock);
        await using var __ = watch;
        using var fresh = RecoveryCode.Generate();
        TestDevice.Value(await vault.AddCodeAsync(fresh));
        Assert.Contains(await watch.NextAsync(), told => told is AccountEvent.Added);
    }

    private IEnumerable<string> Leaks() => _log.Lines.SelectMany(line => _secrets
        .Where(secret => Forms(secret.Value).Any(f => line.All.Contains(f, StringComparison.OrdinalIgnoreCase)))
        .Select(secret => secret.Key));

    // As it is, in parts that would help already, and as programs write bytes.
    private static IEnumerable<string> Forms(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        yield return secret;
        yield return secret.Replace("-", "", StringComparison.Ordinal);
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToBase64String(bytes);
        yield return Uri.EscapeDataString(secret);
        if (secret.Length > 40) yield return secret[^20..];
    }

    private ServiceProvider App(string home, TimeProvider? time = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log));
        if (time is not null) services.AddSingleton(time);
        services.AddKeyRecovery(settings =>
        {
            (settings.Server, settings.App, settings.Folder) = (fixture.Server.Address, "demo", _folder[home]);
            settings.Adjust = (_, options) => options with { Attempts = 1 };
        }).ConfigurePrimaryHttpMessageHandler(() => _relay);
        return services.BuildServiceProvider();
    }
}
