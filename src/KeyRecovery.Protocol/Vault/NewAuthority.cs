using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>An authority as a link adds it (docs/protocol.md §3).</summary>
/// <param name="Id">16 bytes; never reused in a chain.</param>
/// <param name="Kind">Device or kind of slot.</param>
/// <param name="SigningKey">Its Ed25519 key; never reused in a chain.</param>
/// <param name="KemKeyHash">SHA-256 of its X-Wing key; never reused in a chain.</param>
/// <param name="MaxFormat">The highest format version that it reads, at least 1.</param>
/// <param name="Parameters">Public parameters of a slot, at most 1,024 bytes; empty for devices and codes.</param>
public sealed record NewAuthority(
    AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, Hash256 KemKeyHash, ulong MaxFormat,
    ReadOnlyMemory<byte> Parameters)
{
    /// <summary>A device or code of this program's format version, without parameters.</summary>
    public static NewAuthority Of(AuthorityId id, AuthorityKind kind, VerifyKey signingKey, KemPublicKey kemKey) =>
        new(id, kind, signingKey, kemKey.Hash, FormatVersion.Current, ReadOnlyMemory<byte>.Empty);

    internal void Write(CborOut writer) => writer.Array(6)
        .Bytes(Id).UInt((ulong)Kind).Bytes(SigningKey.ToArray()).Bytes(KemKeyHash).UInt(MaxFormat)
        .Bytes(Parameters.Span);

    internal static NewAuthority Read(CborIn reader, Func<ReadOnlySpan<byte>, VerifyKey> readKey)
    {
        reader.Array(6);
        var id = reader.Authority();
        var kind = reader.UInt();
        if (kind is < 1 or > 5) throw new UpgradeRequiredException("an authority of an unknown kind");
        var signingKey = readKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        var kemKeyHash = reader.Hash();
        var maxFormat = reader.UInt();
        WireFormatException.Require(maxFormat >= 1, "maxFormat is at least 1");
        var parameters = reader.Bytes(0, Limits.ParameterBytes);
        WireFormatException.Require(kind > 2 || parameters.Length == 0, "devices and codes have no parameters");
        return new NewAuthority(id, (AuthorityKind)kind, signingKey, kemKeyHash, maxFormat, parameters);
    }
}
