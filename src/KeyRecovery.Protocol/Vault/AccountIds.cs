using System.Text;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>The self-certifying account id (docs/protocol.md §2).</summary>
public static class AccountIds
{
    /// <summary>Derives the id of the account that a device begins.</summary>
    /// <param name="appId">1–64 characters of <c>a-z 0-9 . -</c>.</param>
    /// <param name="signingKey">The first device's Ed25519 key.</param>
    /// <param name="kemKeyHash">SHA-256 of its X-Wing key.</param>
    /// <param name="nonce">32 random bytes, which stand in link 0 as <c>prev</c>.</param>
    public static AccountId Derive(string appId, VerifyKey signingKey, Hash256 kemKeyHash, Hash256 nonce)
    {
        if (!IsAppId(appId)) Throw.Argument(nameof(appId), "1 to 64 characters of a-z 0-9 . -");
        var app = Encoding.ASCII.GetBytes(appId);
        byte[] input =
        [
            .. Encoding.UTF8.GetBytes(Labels.Account), 0, checked((byte)app.Length), .. app,
            .. signingKey.ToArray(), .. kemKeyHash.ToArray(), .. nonce.ToArray(),
        ];
        return new AccountId(Hash256.Of(input).ToArray().AsSpan(0, 16));
    }

    /// <summary>Whether <paramref name="appId"/> is a valid app id.</summary>
    public static bool IsAppId(string? appId) =>
        appId is { Length: >= 1 and <= Limits.AppIdLength }
            && appId.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '-');
}
