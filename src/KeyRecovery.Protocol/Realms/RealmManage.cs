using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// The body of <c>POST /v1/realm/manage</c>: a command that the slot's management key has signed (docs/protocol.md
/// §14.4).
/// </summary>
public sealed class RealmManage
{
    private readonly SignedBody _signed;

    private RealmManage(SignedBody signed, Hash256 realm, AuthorityId slot, ulong version, RealmCommand command) =>
        (_signed, Realm, Slot, Version, Command) = (signed, realm, slot, version, command);

    /// <summary>The realm's fingerprint.</summary>
    public Hash256 Realm { get; }

    /// <summary>The slot.</summary>
    public AuthorityId Slot { get; }

    /// <summary>Larger than that of the last command, except for <see cref="RealmAction.Status"/>.</summary>
    public ulong Version { get; }

    /// <summary>The action.</summary>
    public RealmCommand Command { get; }

    /// <summary>SHA-256 of the signed bytes: the very same command again is told by it.</summary>
    public Hash256 Hash => Hash256.Of(_signed.Body.Span);

    /// <summary>Signs a command.</summary>
    /// <returns>The bytes to send.</returns>
    public static byte[] Sign(
        Hash256 realm, AuthorityId slot, ulong version, RealmCommand command, SigningKey managementKey)
    {
        var body = new CborOut().Array(9).Text(Labels.RealmManage).UInt(1).Bytes(realm).Bytes(slot).UInt(version)
            .UInt((ulong)command.Action)
            .UInt(command.Head?.Sequence ?? 0)
            .Bytes(command.Head is { } head ? head.Hash.ToArray() : [])
            .Bytes(command.ManagementKey is { } key ? key.ToArray() : [])
            .ToArray();
        return SignedBody.Sign(SignatureLabel.RealmManage, body, managementKey);
    }

    /// <summary>Reads the bytes; the signature is checked by <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="WireFormatException">Not a command.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RealmManage Decode(ReadOnlyMemory<byte> bytes)
    {
        var signed = SignedBody.Decode(bytes, RealmLimits.RequestBytes);
        var reader = RealmBody.Open(signed.Body, 9, Labels.RealmManage);
        var (realm, slot, version) = (reader.Hash(), reader.Authority(), reader.UInt());
        var action = (RealmAction)reader.UInt((ulong)RealmAction.Key);
        var sequence = reader.UInt();
        var (hash, key) = (reader.Bytes(0, Hash256.Size), reader.Bytes(0, VerifyKey.Size));
        reader.End();
        WireFormatException.Require(action != 0, "an action is due here");
        WireFormatException.Require(
            hash.Length == (action == RealmAction.Head ? Hash256.Size : 0), "a head comes with its action only");
        WireFormatException.Require(sequence == 0 || action == RealmAction.Head, "a head comes with its action only");
        WireFormatException.Require(
            key.Length == (action == RealmAction.Key ? VerifyKey.Size : 0), "a key comes with its action only");
        var command = new RealmCommand(
            action, hash.Length == 0
                ? null : new ChainPlace(sequence, new Hash256(hash)), key.Length == 0 ? null : new VerifyKey(key));
        return new RealmManage(signed, realm, slot, version, command);
    }

    /// <summary>Whether the management key has signed it.</summary>
    public bool IsSignedBy(VerifyKey managementKey) => _signed.IsSignedBy(managementKey, SignatureLabel.RealmManage);
}
