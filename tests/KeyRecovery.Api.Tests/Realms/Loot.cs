using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>What a thief finds in a stolen folder of a realm: OPRF shares.</summary>
internal static class Loot
{
    /// <summary>With key store, ring and root key: opens the slot's row as the server does.</summary>
    public static async Task<OprfScalar?> OpenAsync(string folder, AuthorityId slot)
    {
        await using var pair = await SqliteStorePair.OpenAsync(
            Path.Combine(folder, "stores", "data.db"), Path.Combine(folder, "keys", "keys.db"), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        using var root = FileRootKey.Open(Path.Combine(folder, "ring"), SystemRandom.Instance, mayCreate: false);
        using var ring = FileKekRing.Open(
            Path.Combine(folder, "ring"), root, SystemRandom.Instance, TimeProvider.System, mayCreate: false);
        using var secrets = await ServerSecrets.LoadOrCreateAsync(pair.Keys, root, SystemRandom.Instance, default);
        using var lookups = new Lookups(secrets.LookupKey, SystemRandom.Instance);
        var key = lookups.Ids.RealmSlot(slot);
        return await pair.Keys.ReadAsync(key, default) is { } row
            ? await new RealmShares(ring, pair.Keys, SystemRandom.Instance)
                .OpenAsync(key, RealmSlotRow.Decode(row.Value), default)
            : null;
    }

    /// <summary>With any files: every place of every file that holds a share of these keys, raw.</summary>
    public static IEnumerable<OprfScalar> Search(IEnumerable<string> files, IReadOnlyCollection<OprfElement> shareKeys)
    {
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            for (var at = 0; at + OprfScalar.Size <= bytes.Length; at++)
            {
                var window = bytes.AsSpan(at, OprfScalar.Size);
                // A scalar below the group's order has three zero bits on top; long runs of zeros are no share.
                if ((window[^1] & 0xE0) != 0 || window[..8].IndexOfAnyExcept((byte)0) < 0) continue;
                if (!OprfScalar.TryParse(window, out var scalar)) continue;
                if (shareKeys.Contains(scalar.PublicKey)) yield return scalar;
                else scalar.Dispose();
            }
        }
    }
}
