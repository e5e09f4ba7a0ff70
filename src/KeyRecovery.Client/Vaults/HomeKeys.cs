using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>
/// With which keys the home server's heads must be signed: those that the app pins, else the one that this device saw
/// first, else the one that the server tells now.
/// </summary>
internal static class HomeKeys
{
    /// <summary>Finds them.</summary>
    /// <param name="options">What the app pins.</param>
    /// <param name="api">Asks the server.</param>
    /// <param name="kept">The key that this device saw first; null where it has seen none.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Result<IReadOnlyList<VerifyKey>>> FindAsync(
        KeyRecoveryOptions options, VaultApi api, VerifyKey? kept, CancellationToken ct)
    {
        if (Known(options, kept) is { Count: > 0 } known) return new Result<IReadOnlyList<VerifyKey>>.Ok(known);
        var answer = await api.GetAuditKeyAsync(ct);
        if (!answer.Read(ClientJson.Default.AuditKeyJson).TryGet(out var told, out var failure)) return failure;
        try
        {
            if (Base64UrlText.TryDecode(told.Key, VerifyKey.Size, out var bytes))
                return new Result<IReadOnlyList<VerifyKey>>.Ok([new VerifyKey(bytes)]);
        }
        catch (WireFormatException)
        {
            // No key: as one that does not read.
        }
        return new ClientFailure.ServerLied(ProtocolFault.Malformed);
    }

    /// <summary>As far as they are known without asking the server; may be empty.</summary>
    public static IReadOnlyList<VerifyKey> Known(KeyRecoveryOptions options, VerifyKey? kept) =>
        options.HomeKeys is { IsDefaultOrEmpty: false } pinned ? pinned : kept is null ? [] : [kept];
}
