using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>What a realm witnesses of an account, told verbatim with every answer (docs/protocol.md §14.4).</summary>
/// <param name="Head">The newest head that it followed.</param>
/// <param name="Claims">The claims of restores that it took with it, at most 16.</param>
/// <param name="Contradicting">A head of the same home that cannot be true beside it, or null.</param>
/// <param name="Replaced">The head in whose place it took this one, for 30 days; or null.</param>
public sealed record RealmHeads(
    SignedHead Head, ImmutableArray<SignedClaim> Claims, SignedHead? Contradicting = null, SignedHead? Replaced = null)
{
    internal void Write(CborOut writer)
    {
        writer.Bytes(Head.Bytes.Span);
        SignedBundle.WriteAll(writer, [.. Claims.Select(claim => claim.Bytes)]);
        writer.Bytes(Contradicting is null ? [] : Contradicting.Bytes.Span)
            .Bytes(Replaced is null ? [] : Replaced.Bytes.Span);
    }

    internal static RealmHeads Read(CborIn reader)
    {
        var head = SignedHead.Decode(reader.BytesView(1, SignedHead.MaxSize));
        var claims = SignedBundle.ReadAll(reader, Limits.Claims, SignedClaim.MaxSize);
        return new RealmHeads(
            head, [.. claims.Select(claim => SignedClaim.Decode(claim))], Optional(reader), Optional(reader));
    }

    private static SignedHead? Optional(CborIn reader)
    {
        var bytes = reader.BytesView(0, SignedHead.MaxSize);
        return bytes.IsEmpty ? null : SignedHead.Decode(bytes);
    }
}
