using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// What a leaf of the log is about (docs/protocol.md §17), for the account's own devices: the leaf commits to it under
/// a salt that is destroyed with the account.
/// </summary>
public sealed record AuditDetail
{
    /// <summary>The longest encoding in bytes: 512.</summary>
    public const int MaxSize = 512;

    /// <summary>The longest network in bytes: 64.</summary>
    public const int MaxNetwork = 64;

    private const int Fields = 12;

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>When, in seconds since 1970 by the server's clock.</summary>
    public required ulong Time { get; init; }

    /// <summary>What was done.</summary>
    public required AuditEvent Event { get; init; }

    /// <summary>By what kind of actor.</summary>
    public required AuditRole Role { get; init; }

    /// <summary>By whom; null where it was no authority of the account.</summary>
    public AuthorityId? Actor { get; init; }

    /// <summary>From which network, a /24 or /48 for example; empty where nobody knows.</summary>
    public required string Network { get; init; }

    /// <summary>The leaf's label: the manifest's <c>leafLabel</c>, or 32 random bytes where there is none.</summary>
    public required Hash256 Label { get; init; }

    /// <summary>The newest link after it.</summary>
    public required ChainPlace Chain { get; init; }

    /// <summary>The manifest after it.</summary>
    public required ManifestPlace Manifest { get; init; }

    /// <summary>SHA-256 of the policy that the server had then.</summary>
    public required Hash256 Policy { get; init; }

    /// <summary>The bytes that are committed to.</summary>
    public byte[] Encode() => new CborOut().Array(Fields).Text(Labels.AuditDetail).UInt(FormatVersion.Current)
        .Bytes(Account).UInt(Time).UInt((ulong)Event).UInt((ulong)Role).Bytes(Actor?.ToArray() ?? []).Text(Network)
        .Bytes(Label).Array(2).UInt(Chain.Sequence).Bytes(Chain.Hash)
        .Array(2).UInt(Manifest.Version).Bytes(Manifest.Hash).Bytes(Policy).ToArray();

    /// <summary>Reads a detail.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    public static AuditDetail Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Structure(Labels.AuditDetail, Fields);
        var (account, time) = (reader.Account(), reader.UInt());
        var (what, role) = AuditLeaf.ReadKind(reader);
        var actor = reader.BytesView(0, Bytes16.Size);
        WireFormatException.Require(actor.Length is 0 or Bytes16.Size, "an actor has 16 bytes, or none");
        var (network, label) = (reader.Text(0, MaxNetwork), reader.Hash());
        reader.Array(2);
        var chain = new ChainPlace(reader.UInt(), reader.Hash());
        reader.Array(2);
        var manifest = new ManifestPlace(reader.UInt(), reader.Hash());
        var policy = reader.Hash();
        reader.End();
        return new AuditDetail
        {
            Account = account,
            Time = time,
            Event = what,
            Role = role,
            Actor = actor.IsEmpty ? null : new AuthorityId(actor.Span),
            Network = network,
            Label = label,
            Chain = chain,
            Manifest = manifest,
            Policy = policy,
        };
    }
}
