using KeyRecovery.Api.Hosting;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Tests.Options;

public class OptionsTests
{
    private const string Jwks =
        """{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",""" +
        """ "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}""";

    [Fact]
    public void Development_needs_no_configuration()
    {
        var options = Server.ReadOptions(["--environment", "Development"]);
        Assert.Equal("demo", Assert.Single(options.Apps).Id);
        Assert.Equal(Path.GetFullPath("./data/keys"), options.Directories.Keys);
    }

    [Fact]
    public void A_complete_production_configuration_is_accepted()
    {
        var options = Server.ReadOptions(Production());
        Assert.Equal(Path.GetFullPath("/srv/ring"), options.Directories.Ring);
        Assert.Equal(2, options.DrainSeconds);
    }

    [Theory]
    [InlineData("DataDirectory", "", "KeyRecovery:DataDirectory is empty.")]
    [InlineData("Keys:Directory", "/srv/data/stores",
        "KeyRecovery:Keys:Directory shares a directory with KeyRecovery:Stores:Directory")]
    [InlineData("Ring:Directory", "/srv/data/stores/ring",
        "KeyRecovery:Ring:Directory shares a directory with KeyRecovery:Stores:Directory")]
    [InlineData("Stores:Directory", "/srv/x/..", "shares a directory")]
    [InlineData("Log:Origin", "https://log.example.com/a b", "KeyRecovery:Log:Origin is a URL without its scheme")]
    [InlineData("Log:Origin", "log.example.com/a+b", "KeyRecovery:Log:Origin is a URL without its scheme")]
    [InlineData("Log:Origin", "löög.example.com", "KeyRecovery:Log:Origin is a URL without its scheme")]
    [InlineData("Prometheus:Listen", "9464", "KeyRecovery:Prometheus:Listen is http://ADDRESS:PORT")]
    [InlineData("Prometheus:Listen", "https://127.0.0.1:9464", "KeyRecovery:Prometheus:Listen is http://ADDRESS:PORT")]
    [InlineData("Prometheus:Listen", "http://host:9464", "KeyRecovery:Prometheus:Listen is http://ADDRESS:PORT")]
    [InlineData("Prometheus:Listen", "http://*:9464", "KeyRecovery:Prometheus:Listen is http://ADDRESS:PORT")]
    [InlineData("Prometheus:Listen", "http://127.0.0.1:9464/x", "KeyRecovery:Prometheus:Listen is http://ADDRESS:PORT")]
    [InlineData("Apps:0:Audiance", "a", "KeyRecovery:Apps:0:Audiance is no setting.")]
    [InlineData("Apps:0:Policy:Erasure:HoldHour", "a", "KeyRecovery:Apps:0:Policy:Erasure:HoldHour is no setting.")]
    [InlineData("Backup", "a", "KeyRecovery:Backup cannot be read as what it is, BackupOptions.")]
    [InlineData("DrainSeconds", "a secret", "KeyRecovery:DrainSeconds cannot be read as what it is, Int32.")]
    [InlineData("Store", "a secret", "KeyRecovery:Store is one of Sqlite, Cosmos.")]
    [InlineData("Instances", "0", "KeyRecovery:Instances")]
    [InlineData("Instances", "2", "KeyRecovery:Ring:KeyVault is needed where Instances is more than 1")]
    [InlineData("Instances", "2", "KeyRecovery:Log:Directory is needed where Instances is more than 1")]
    [InlineData("Instances", "2", "KeyRecovery:Fence:Directory is needed where Instances is more than 1")]
    [InlineData("Instances", "1001", "KeyRecovery:Instances")]
    [InlineData("Authority", "https://kr.example.com", "KeyRecovery:Authority is host or host:port")]
    [InlineData("Authority", "KR.example.com", "KeyRecovery:Authority is host or host:port")]
    [InlineData("Authority", "kr.example.com:443", "KeyRecovery:Authority is host or host:port")]
    [InlineData("Authority", "kr.example.com/path", "KeyRecovery:Authority is host or host:port")]
    [InlineData("Apps:0:Id", "", "KeyRecovery:Apps:0:Id is 1 to 64 of")]
    [InlineData("Apps:0:Id", "Messenger", "KeyRecovery:Apps:0:Id is 1 to 64 of")]
    [InlineData("Apps:0:Issuer", "", "KeyRecovery:Apps:0:Issuer has 1 to 256 bytes.")]
    [InlineData("Apps:0:Audience", "", "KeyRecovery:Apps:0:Audience has 1 to 256 bytes.")]
    [InlineData("Apps:0:Issuer", "urn:keyrecovery:development", "KeyRecovery:Apps:0:Issuer is the development issuer")]
    [InlineData("Apps:0:JwksUrl", "https://id.example.com/jwks", "KeyRecovery:Apps:0 names exactly one of")]
    [InlineData("Apps:0:Events:Webhook", "http://example.org/hook",
        "KeyRecovery:Apps:0:Events:Webhook is an https address")]
    [InlineData("Apps:0:Events:Webhook", "http://127.0.0.1/hook",
        "KeyRecovery:Apps:0:Events:Webhook is an https address")]
    [InlineData("Apps:0:Events:Webhook", "https://a:b@example.org/",
        "KeyRecovery:Apps:0:Events:Webhook is an https address")]
    [InlineData("Apps:0:Events:Webhook", "https://example.org/#a",
        "KeyRecovery:Apps:0:Events:Webhook is an https address")]
    [InlineData("Apps:0:Events:Webhook", "hook", "KeyRecovery:Apps:0:Events:Webhook is an https address")]
    [InlineData("Apps:0:Events:Webhook", "https://169.254.169.254/",
        "KeyRecovery:Apps:0:Events:Webhook lies at an address that a webhook may not have")]
    [InlineData("Apps:0:Events:Webhook", "https://[::ffff:10.0.0.1]/",
        "KeyRecovery:Apps:0:Events:Webhook lies at an address that a webhook may not have")]
    [InlineData("Webhooks:Keys", "0", "KeyRecovery:Webhooks:Keys is from 1 to 9.")]
    [InlineData("Webhooks:Keys", "10", "KeyRecovery:Webhooks:Keys is from 1 to 9.")]
    [InlineData("Apps:0:Jwks", "{}", "KeyRecovery:Apps:0:Jwks is a JWK Set")]
    [InlineData("Apps:0:Jwks", """{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}""",
        "KeyRecovery:Apps:0:Jwks is a JWK Set")]
    [InlineData("Apps:0:Policy:TrustAfterHours", "721", "KeyRecovery:Apps:0:Policy:TrustAfterHours is from 0 to 720.")]
    [InlineData("Apps:0:Quota:Accounts", "0", "KeyRecovery:Apps:0:Quota:Accounts is from 1 to 1000000000.")]
    [InlineData("Apps:0:Quota:Bytes", "1048575", "KeyRecovery:Apps:0:Quota:Bytes is from 1048576 to 1125899906842624.")]
    [InlineData("Apps:0:Inactive:AfterDays", "89", "KeyRecovery:Apps:0:Inactive:AfterDays is from 90 to 3650.")]
    [InlineData("Apps:0:Inactive:WarnDays", "6", "KeyRecovery:Apps:0:Inactive:WarnDays is from 7 to 365.")]
    [InlineData("Apps:0:Policy:ItemBytes", "1048577", "KeyRecovery:Apps:0:Policy:ItemBytes is from 1024 to 1048576.")]
    [InlineData(
        "Apps:0:Policy:Passphrase:Budget", "2", "KeyRecovery:Apps:0:Policy:Passphrase:Budget is from 3 to 100.")]
    [InlineData(
        "Apps:0:Policy:Passphrase:Budget", "101", "KeyRecovery:Apps:0:Policy:Passphrase:Budget is from 3 to 100.")]
    [InlineData("Apps:0:Policy:Passphrase:FreeAttempts", "101",
        "KeyRecovery:Apps:0:Policy:Passphrase:FreeAttempts is from 0 to 100.")]
    [InlineData(
        "Apps:0:Policy:Passphrase:Waits:0", "soon", "KeyRecovery:Apps:0:Policy:Passphrase:Waits:0 is [days.]hh:mm:ss")]
    [InlineData("Apps:0:Policy:Passphrase:Waits:0", "00:00:00",
        "KeyRecovery:Apps:0:Policy:Passphrase:Waits:0 is [days.]hh:mm:ss")]
    [InlineData("Apps:0:Policy:Passphrase:Waits:0", "31.00:00:00",
        "KeyRecovery:Apps:0:Policy:Passphrase:Waits:0 is [days.]hh:mm:ss")]
    [InlineData("KnownProxies:0", "loadbalancer", "KeyRecovery:KnownProxies:0 is neither an address nor a network")]
    [InlineData("RateLimits:Address:PerSecond", "0", "KeyRecovery:RateLimits:Address:PerSecond is from 0.001")]
    [InlineData("RateLimits:Account:Burst", "0", "KeyRecovery:RateLimits:Account:Burst is from 1 to 1000000.")]
    [InlineData("Orphans:AfterHours", "0", "KeyRecovery:Orphans:AfterHours is from 1 to 720.")]
    [InlineData("Orphans:SweepEveryMinutes", "0", "KeyRecovery:Orphans:SweepEveryMinutes is from 1 to 1440.")]
    [InlineData("Ring:RootKey", "c2hvcnQ=", "KeyRecovery:Ring:RootKey is base64 of 32 bytes.")]
    [InlineData("Ring:RootKeyNext", "c2hvcnQ=", "KeyRecovery:Ring:RootKeyNext goes with Ring:RootKey")]
    [InlineData("Ring:RootKeyVault", "http://keys.vault.azure.net/secrets/root",
        "KeyRecovery:Ring:RootKeyVault is https://VAULT")]
    [InlineData("Ring:RootKeyVault", "https://keys.vault.azure.net/secrets/root",
        "KeyRecovery:Ring:Credential:Kind is one of Key, ManagedIdentity")]
    [InlineData("Ring:KeyVault", "http://keys.vault.azure.net", "KeyRecovery:Ring:KeyVault is https://VAULT")]
    [InlineData("Ring:KeyVault", "https://keys.vault.azure.net", "KeyRecovery:Ring:KeyVault needs Ring:RootKeyVault")]
    [InlineData("Blobs:Container", "https://name.blob.core.windows.net", "KeyRecovery:Blobs:Container is https://NAME")]
    [InlineData("Blobs:Container", "https://name.blob.core.windows.net/log",
        "KeyRecovery:Blobs:Credential:Kind is one of Key, ManagedIdentity")]
    [InlineData("Ring:RootKeyVaultNext", "https://keys.vault.azure.net/secrets/root",
        "KeyRecovery:Ring:RootKeyVaultNext goes with Ring:RootKeyVault.")]
    [InlineData(
        "Backup:EscrowDirectory", "/srv/escrows", "KeyRecovery:Backup:OfflineKeyFile is missing: the two go together.")]
    [InlineData("Backup:OfflineKeyFile", "/srv/offline.pub",
        "KeyRecovery:Backup:EscrowDirectory is missing: the two go together.")]
    [InlineData("Backup:EscrowDirectory", "/srv/data/fence/escrows",
        "KeyRecovery:Backup:EscrowDirectory shares a directory with KeyRecovery:Fence:Directory")]
    [InlineData("Backup:ExpiresAfterDays", "366", "KeyRecovery:Backup:ExpiresAfterDays is from 1 to 365.")]
    [InlineData("DrainSeconds", "11", "KeyRecovery:DrainSeconds is from 0 to 10.")]
    [InlineData("LogLevel", "Trace", "KeyRecovery:LogLevel is one of")]
    [InlineData("RateLimit:Address:Burst", "5", "KeyRecovery:RateLimit is no setting.")]
    [InlineData("DrainSeconds", "soon", "KeyRecovery:DrainSeconds")]
    public void A_wrong_setting_is_named_by_its_key(string key, string value, string message)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(Production((key, value))));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guesses_wait_as_told_by_default_as_designed_and_with_an_empty_list_not_at_all()
    {
        var minute = TimeSpan.FromMinutes(1);
        Assert.Equal(new[] { minute, 10 * minute, 60 * minute, 24 * 60 * minute }, Waits());
        Assert.Equal(
            new[] { minute / 2, TimeSpan.FromDays(2) },
            Waits(
                ("Apps:0:Policy:Passphrase:Waits:0", "00:00:30"), ("Apps:0:Policy:Passphrase:Waits:1", "2.00:00:00")));
        Assert.Equal([], Waits(("Apps:0:Policy:Passphrase:Waits", "")));

        static IEnumerable<TimeSpan> Waits(params (string Key, string Value)[] settings) =>
            Server.ReadOptions(Production(settings)).Apps[0].Policy.ToPolicy().Passphrase.Waits;
    }

    [Fact]
    public void A_log_in_a_folder_is_begun_anew_by_one_instance_alone()
    {
        (string, string)[] settings =
        [
            ("Log:BeginAnewAfter", "7"), ("Log:Directory", "/srv/log"), ("Fence:Directory", "/srv/fence"),
            ("Ring:KeyVault", "https://keys.vault.azure.net"),
            ("Ring:RootKeyVault", "https://keys.vault.azure.net/secrets/root"),
            ("Ring:Credential:Kind", "ManagedIdentity"),
        ];
        Assert.Equal(7ul, Server.ReadOptions(Production(settings)).Log.BeginAnewAfter);
        var failure = Assert.Throws<OptionsValidationException>(
            () => Server.ReadOptions(Production([.. settings, ("Instances", "2")])));
        var told = Assert.Single(failure.Failures);
        Assert.Contains("KeyRecovery:Log:BeginAnewAfter is for one instance", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_failure_is_told_at_once()
    {
        var failure = Assert.Throws<OptionsValidationException>(
            () => Server.ReadOptions(Production(("Orphans:AfterHours", "0"), ("DrainSeconds", "11"))));
        Assert.Equal(2, failure.Failures.Count());
    }

    [Theory]
    [InlineData("http://0.0.0.0:5080")]
    [InlineData("http://*:5080")]
    [InlineData("http://127.0.0.1:5080;http://10.0.0.7:5080")]
    public void Beyond_loopback_the_authority_is_required(string urls)
    {
        var failure =
            Assert.Throws<OptionsValidationException>(() => Server.ReadOptions([.. Production(), "--urls", urls]));
        Assert.Contains("KeyRecovery:Authority is required", failure.Message, StringComparison.Ordinal);
        Assert.Equal("kr.example.com",
            Server.ReadOptions([.. Production(("Authority", "kr.example.com")), "--urls", urls]).Authority);
    }

    [Fact]
    public void Production_without_apps_does_not_start()
    {
        var failure =
            Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(["--environment", "Production"]));
        Assert.Contains("KeyRecovery:Apps is empty", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_apps_cannot_have_one_audience()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(Production(
            ("Apps:1:Id", "drive"), ("Apps:1:Issuer", "https://id.example.com"), ("Apps:1:Audience", "chat"),
            ("Apps:1:Jwks", Jwks))));
        Assert.Contains(
            "KeyRecovery:Apps:1:Audience belongs to another app", failure.Message, StringComparison.Ordinal);
    }

    private static string[] Production(params (string Key, string Value)[] changes)
    {
        var settings = new Dictionary<string, string>
        {
            ["DataDirectory"] = "/srv/data",
            ["Ring:Directory"] = "/srv/ring",
            ["Apps:0:Id"] = "chat",
            ["Apps:0:Issuer"] = "https://id.example.com",
            ["Apps:0:Audience"] = "chat",
            ["Apps:0:Jwks"] = Jwks,
        };
        foreach (var (key, value) in changes) settings[key] = value;
        return ["--environment", "Production",
            .. settings.SelectMany(setting => new[] { $"--KeyRecovery:{setting.Key}", setting.Value })];
    }
}
