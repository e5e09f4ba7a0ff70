using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// One leaf of the log, for everybody (docs/protocol.md §17): that something was done, and of what kind. It names
/// nobody; two leaves of one account have nothing in common.
/// </summary>
/// <param name="Time">When, in seconds since 1970 by the server's clock.</param>
/// <param name="Event">What was done.</param>
/// <param name="Role">By what kind of actor.</param>
/// <param name="Label">By this the account's devices find it; to all others it is random.</param>
/// <param name="Commitment">
/// SHA-256(salt ‖ <see cref="AuditDetail"/>) for what concerns an account; else what its event says.
/// </param>
/// <param name="Policy">SHA-256 of the policy that the server had then, as <c>/audit/policy/</c> tells it.</param>
public sealed record AuditLeaf(
    ulong Time, AuditEvent Event, AuditRole Role, Hash256 Label, Hash256 Commitment, Hash256 Policy)
{
    /// <summary>The longest encoding in bytes: 256.</summary>
    public const int MaxSize = 256;

    private const int Fields = 8;

    /// <summary>The leaf of a detail.</summary>
    /// <param name="detail">The detail.</param>
    /// <param name="salt">32 bytes that nobody guesses.</param>
    public static AuditLeaf Of(AuditDetail detail, Hash256 salt) => new(
        detail.Time, detail.Event, detail.Role, detail.Label, Hash256.Of([.. salt.ToArray(), .. detail.Encode()]),
        detail.Policy);

    /// <summary>The leaf's bytes, the entry of the log.</summary>
    public byte[] Encode() => new CborOut().Array(Fields).Text(Labels.AuditLeaf).UInt(FormatVersion.Current)
        .UInt(Time).UInt((ulong)Event).UInt((ulong)Role).Bytes(Label).Bytes(Commitment)
        .Bytes(Policy).ToArray();

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    public static AuditLeaf Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Structure(Labels.AuditLeaf, Fields);
        var time = reader.UInt();
        var (what, role) = ReadKind(reader);
        var leaf = new AuditLeaf(time, what, role, reader.Hash(), reader.Hash(), reader.Hash());
        reader.End();
        return leaf;
    }

    /// <summary>Reads an event and a role. A number that is too large for either is as unknown as another.</summary>
    internal static (AuditEvent Event, AuditRole Role) ReadKind(CborIn reader)
    {
        var (what, role) = ((AuditEvent)reader.UInt(byte.MaxValue), (AuditRole)reader.UInt(byte.MaxValue));
        WireFormatException.Require(Enum.IsDefined(what) && Enum.IsDefined(role), "event and role are known");
        return (what, role);
    }
}
