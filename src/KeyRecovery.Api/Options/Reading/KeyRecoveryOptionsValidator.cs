using System.Net;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>Checks everything, and names the key of each thing that is wrong.</summary>
internal sealed class KeyRecoveryOptionsValidator(IConfiguration configuration, IHostEnvironment environment)
    : IValidateOptions<KeyRecoveryOptions>
{
    public ValidateOptionsResult Validate(string? name, KeyRecoveryOptions options)
    {
        var failures = new Failures();
        CheckDirectories(options, failures);
        if (!environment.IsDevelopment()) CheckOwner(options, failures);
        CheckAuthority(options, failures);
        AdminUrlRules.Check(options.AdminUrls, configuration, failures);
        AppOptionsRules.Check(options.Apps, environment, failures);
        AppOptionsRules.Check(options.Operators, options.Apps, environment, failures);
        for (var i = 0; i < options.KnownProxies.Count; i++)
        {
            if (!IPAddress.TryParse(options.KnownProxies[i], out _)
                && !IPNetwork.TryParse(options.KnownProxies[i], out _))
                failures.Add($"KnownProxies:{i}", "is neither an address nor a network such as 10.0.0.0/8");
        }

        failures.Range("Instances", options.Instances, 1, 1_000);
        CheckBucket("RateLimits:Address", options.RateLimits.Address, failures);
        CheckBucket("RateLimits:Repair", options.RateLimits.Repair, failures);
        CheckBucket("RateLimits:Account", options.RateLimits.Account, failures);
        failures.Range("RateLimits:ExportsPerDay", options.RateLimits.ExportsPerDay, 1, 10_000);
        failures.Range("Orphans:AfterHours", options.Orphans.AfterHours, 1, 720);
        failures.Range("Orphans:SweepEveryMinutes", options.Orphans.SweepEveryMinutes, 1, 1_440);
        failures.Range("Rotation:MinIntervalHours", options.Rotation.MinIntervalHours, 0, 720);
        failures.Range("Rotation:RetrySeconds", options.Rotation.RetrySeconds, 1, 86_400);
        CheckRootKey(options.Ring, failures);
        if (options.Store == StoreChoice.Cosmos) CheckCosmos(options.Cosmos, failures);
        CheckShared(options, failures);
        if (options.Instances > 1) CheckInstances(options, failures);
        if (!environment.IsDevelopment()) SecretSettings.Check(configuration, failures);
        CheckBackup(options, failures);
        if (options.Log.Origin is { } origin
            && (origin.Length > LogOptions.MaxOrigin || !NoteKey.IsName(origin) || !Ascii.IsValid(origin)))
            failures.Add("Log:Origin", "is a URL without its scheme: at most 200 visible ASCII characters without +");
        if (options.Log.Keys is < 1 or > ServerSecrets.MaxKeys)
            failures.Add("Log:Keys", $"is 1 to {ServerSecrets.MaxKeys}");
        failures.Range("Webhooks:Keys", options.Webhooks.Keys, 1, ServerSecrets.MaxKeys);
        if (options.Log.Policy is { } policy && !LogPolicyFile.TryRead(policy, out _, out var fault))
            failures.Add("Log:Policy", $"is no policy that the server can follow: {fault}");
        if (options.Prometheus.Listen is { } listen && !PrometheusOptions.IsListener(listen))
            failures.Add("Prometheus:Listen", "is http://ADDRESS:PORT with an address of this machine, such as "
                + "http://127.0.0.1:9464");
        if (options.DrainSeconds is { } drain) failures.Range("DrainSeconds", drain, 0, 10);
        if (options.LogLevel is < LogLevel.Debug or > LogLevel.Error)
            failures.Add("LogLevel", "is one of Debug, Information, Warning, Error");
        return failures.ToResult();
    }

    private static void CheckDirectories(KeyRecoveryOptions options, Failures failures)
    {
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            failures.Add("DataDirectory", "is empty");
            return;
        }

        var places = options.Directories.Named;
        for (var i = 0; i < places.Count; i++)
        {
            for (var j = i + 1; j < places.Count; j++)
            {
                if (DataDirectories.Overlap(places[i].Path, places[j].Path))
                    failures.Add(
                        $"{places[j].Name}:Directory",
                        $"shares a directory with {KeyRecoveryOptions.Section}:{places[i].Name}:Directory; each has "
                        + "its own");
            }
        }
    }

    private static void CheckOwner(KeyRecoveryOptions options, Failures failures)
    {
        foreach (var (name, path) in options.Directories.Named)
        {
            if (FolderOwner.IsAnothersAndRootRuns(path))
                failures.Add(
                    $"{name}:Directory", $"is another user's ({path}), and root would write what that user cannot "
                    + "read: verbs are run as the server's user");
            else if (FolderOwner.IsClosed(path))
                failures.Add(
                    $"{name}:Directory", $"cannot be read by this user ({Environment.UserName}): {path} is another "
                    + "user's; chown gives it back to the server's user");
        }
    }

    private static void CheckRootKey(RingOptions ring, Failures failures)
    {
        const string What = "is base64 of 32 bytes";
        if (ring is { RootKey: not null, RootKeyVault: not null })
            failures.Add("Ring:RootKeyVault", "is set beside Ring:RootKey: there is one root key");
        foreach (var (name, secret) in new[] {
            ("RootKeyVault", ring.RootKeyVault), ("RootKeyVaultNext", ring.RootKeyVaultNext),
        })
        {
            if (secret is not null && !VaultSecret.TryRead(secret, out _))
                failures.Add($"Ring:{name}",
                    "is https://VAULT.vault.azure.net/secrets/NAME/VERSION, or without the version for the newest");
        }

        if (ring is { RootKeyVaultNext: not null, RootKeyVault: null })
            failures.Add("Ring:RootKeyVaultNext", "goes with Ring:RootKeyVault");
        if (ring.RootKey is { } key && !SettingRootKey.IsKey(key)) failures.Add("Ring:RootKey", What);
        if (ring.RootKeyNext is not { } next) return;
        if (ring.RootKey is null)
            failures.Add(
                "Ring:RootKeyNext", "goes with Ring:RootKey; a root key in a file is replaced by rotate --root");
        else if (!SettingRootKey.IsKey(next)) failures.Add("Ring:RootKeyNext", What);
        else if (next.Trim() == ring.RootKey.Trim()) failures.Add("Ring:RootKeyNext", "is the same as Ring:RootKey");
    }

    private static void CheckCosmos(CosmosOptions cosmos, Failures failures)
    {
        foreach (var (key, account) in new[] { ("Cosmos:Data", cosmos.Data), ("Cosmos:Keys", cosmos.Keys) })
        {
            if (account.Endpoint is not { IsAbsoluteUri: true, Scheme: "https", PathAndQuery: "/", UserInfo: "" })
                failures.Add($"{key}:Endpoint", "is https://NAME.documents.azure.com/");
            if (account.Database.Length is 0 or > 255 || account.Database.AsSpan().ContainsAny("/\\?#"))
                failures.Add($"{key}:Database", "is a name of 1 to 255 characters without / \\ ? #");
            account.Credential.Check($"{key}:Credential", failures);
        }

        if (cosmos.Data.Endpoint is { IsAbsoluteUri: true } data && cosmos.Keys.Endpoint is { IsAbsoluteUri: true } keys
            && data.Authority == keys.Authority)
            failures.Add("Cosmos:Keys:Endpoint", "is the data store's account: the two stores have an account each");
        failures.Range("Cosmos:BudgetSeconds", cosmos.BudgetSeconds, 1, 600);
        failures.Range("Cosmos:AttemptSeconds", cosmos.AttemptSeconds, 1, Math.Clamp(cosmos.BudgetSeconds, 1, 600));
    }

    private static void CheckShared(KeyRecoveryOptions options, Failures failures)
    {
        var (ring, blobs) = (options.Ring, options.Blobs);
        if (ring.KeyVault is { } vault && vault is not { IsAbsoluteUri: true, Scheme: "https", PathAndQuery: "/" })
            failures.Add("Ring:KeyVault", "is https://VAULT.vault.azure.net");
        // Of another server the next start would make a root key of its own.
        if (ring is { KeyVault: not null, RootKey: null, RootKeyVault: null })
            failures.Add("Ring:KeyVault", "needs Ring:RootKeyVault or Ring:RootKey: all instances have one root key");
        if ((ring.KeyVault ?? ring.RootKeyVault) is not null)
        {
            ring.Credential.Check("Ring:Credential", failures);
            if (ring.Credential.Kind == AzureCredentialKind.Key)
                failures.Add("Ring:Credential:Kind", "is an identity: a key vault has no key of its own");
        }

        if (blobs.Container is not { } container) return;
        blobs.Credential.Check("Blobs:Credential", failures);
        // On this machine the account's name comes first in the path, and an emulator has no certificate.
        var isHere = container is { IsAbsoluteUri: true, IsLoopback: true, Scheme: "http" or "https" };
        if (container is not { IsAbsoluteUri: true, Query: "", UserInfo: "" }
            || (!isHere && container.Scheme != "https")
            || container.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Length != (isHere ? 2 : 1))
            failures.Add("Blobs:Container", "is https://NAME.blob.core.windows.net/CONTAINER");
    }

    // What lies in a folder of its own is one process's, and the others would go on without it.
    private static void CheckInstances(KeyRecoveryOptions options, Failures failures)
    {
        if (options.Ring.KeyVault is null)
            failures.Add(
                "Ring:KeyVault", "is needed where Instances is more than 1: a ring in a folder is one process's");
        if (options.Blobs.Container is not null) return;
        foreach (var (name, place) in new[] { ("Log", options.Log.Directory), ("Fence", options.Fence.Directory) })
        {
            if (string.IsNullOrWhiteSpace(place))
                failures.Add($"{name}:Directory",
                    "is needed where Instances is more than 1: a folder that all of them share, or Blobs:Container");
        }

        // The folder is renamed, and others may write there.
        if (options.Log.BeginAnewAfter is not null)
            failures.Add(
                "Log:BeginAnewAfter", "is for one instance alone in a folder: set Instances to 1, while no other runs");
    }

    private static void CheckBackup(KeyRecoveryOptions options, Failures failures)
    {
        var backup = options.Backup;
        failures.Range("Backup:ExpiresAfterDays", backup.ExpiresAfterDays, 1, 365);
        if (backup.OfflineKeyFile is null != backup.EscrowDirectory is null)
            failures.Add(backup.OfflineKeyFile is null
                ? "Backup:OfflineKeyFile" : "Backup:EscrowDirectory", "is missing: the two go together");
        if (backup.EscrowDirectory is not { } escrows || string.IsNullOrWhiteSpace(options.DataDirectory)) return;
        foreach (var (name, path) in options.Directories.Named)
        {
            if (DataDirectories.Overlap(path, Path.GetFullPath(escrows)))
                failures.Add("Backup:EscrowDirectory",
                    $"shares a directory with {KeyRecoveryOptions.Section}:{name}:Directory; each has its own");
        }
    }

    private void CheckAuthority(KeyRecoveryOptions options, Failures failures)
    {
        if (options.Authority is null)
        {
            if (!ListenAddresses.Of(configuration).All(ListenAddresses.IsLoopback))
                failures.Add("Authority",
                    "is required when the server listens beyond loopback: the host[:port] that clients use");
        }
        else if (!Uri.TryCreate($"https://{options.Authority}/", UriKind.Absolute, out var uri)
            || uri.UserInfo.Length > 0
            || uri.PathAndQuery != "/"
            || options.Authority != uri.Authority)
        {
            failures.Add("Authority", "is host or host:port in lower case, without scheme, path or default port");
        }
    }

    private static void CheckBucket(string key, BucketOptions bucket, Failures failures)
    {
        if (!(bucket.PerSecond >= 0.001 && bucket.PerSecond <= 1_000_000))
            failures.Add($"{key}:PerSecond", "is from 0.001 to 1000000");
        failures.Range($"{key}:Burst", bucket.Burst, 1, 1_000_000);
    }
}
