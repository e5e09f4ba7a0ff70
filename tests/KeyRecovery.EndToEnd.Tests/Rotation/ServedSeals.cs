using System.Collections.Concurrent;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>What a server has answered to devices that were listened to, and the seals in it.</summary>
internal sealed class ServedSeals
{
    private readonly ConcurrentQueue<(TestDevice To, string Path, byte[] Body)> _answers = new();

    /// <summary>Whom a vault, or a restore point, was served to.</summary>
    public IEnumerable<TestDevice> Served => _answers.Where(a => HasSeals(a.Path)).Select(a => a.To);

    /// <summary>How many restore points were served.</summary>
    public int Points => _answers.Count(a => a.Path.StartsWith("/v1/restore-points/", StringComparison.Ordinal));

    /// <summary>Hears every answer that a device is served from now on.</summary>
    public TestDevice Listen(TestDevice device)
    {
        device.Relay.OnAnswer = (request, body) =>
        {
            _answers.Enqueue((device, request.RequestUri!.AbsolutePath, body));
            return body;
        };
        return device;
    }

    /// <summary>The seals for somebody in all vaults that were served.</summary>
    public List<byte[]> Of(AuthorityId id) =>
    [
        .. Keysets().SelectMany(keyset => keyset.Entries).Where(entry => entry.Id == id)
            .Select(entry => entry.Seal.ToArray()),
    ];

    /// <summary>For whom there are seals in the vaults that were served.</summary>
    public HashSet<AuthorityId> Recipients() =>
        [.. Keysets().SelectMany(keyset => keyset.Entries).Select(entry => entry.Id)];

    /// <summary>Whether these bytes are anywhere in what was served, in a vault, a point or elsewhere.</summary>
    public bool Holds(byte[] seal) => _answers.Any(answer => answer.Body.AsSpan().IndexOf(seal) >= 0);

    private static bool HasSeals(string path) =>
        path is "/v1/vault" or "/v1/recovery" || path.StartsWith("/v1/restore-points/", StringComparison.Ordinal);

    private IEnumerable<Keyset> Keysets() => _answers.Where(a => a.Path is "/v1/vault" or "/v1/recovery")
        .SelectMany(a => VaultBundle.Decode(a.Body).Keysets).Select(keyset => Keyset.Decode(keyset));
}
