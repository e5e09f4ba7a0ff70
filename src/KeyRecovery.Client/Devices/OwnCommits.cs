using System.Buffers.Binary;
using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Devices;

/// <summary>
/// What a device remembers of its own commits (docs/protocol.md §10): each is noted, durably, before it is sent. What
/// its key has signed and it never noted was signed by a copy of it.
/// </summary>
internal sealed record OwnCommits
{
    /// <summary>
    /// How many are kept that may still be taken. So many stand on one manifest only where no answer comes to any of
    /// them; a full list judges nothing before that manifest is known to have a successor.
    /// </summary>
    public const int Most = 64;

    /// <summary>The bytes of a note that stands by itself.</summary>
    public const int NoteSize = sizeof(ulong) + 2 * Hash256.Size;

    /// <summary>Of a device that has sent nothing.</summary>
    public static OwnCommits None { get; } = new();

    /// <summary>The first sight of what a copy of the device has signed; null where there was none.</summary>
    public CloneInfo? Suspected { get; init; }

    // The most that was ever verified. What lies below may be told again after a restore, and is not judged: the notes
    // of it are gone.
    private ulong Links { get; init; }

    private ulong Version { get; init; }

    private ImmutableArray<SentCommit> Sent { get; init; } = [];

    /// <summary>With one that is about to be sent.</summary>
    public OwnCommits Add(CommitBundle commit) => Sent.Length == Most ? this : this with
    {
        Sent = Sent.Add(new SentCommit(
            commit.Manifest.Manifest.Version, commit.Manifest.Hash, commit.Link?.Hash ?? default)),
    };

    /// <summary>With what another process of the same device has noted.</summary>
    public OwnCommits Join(OwnCommits other) => (this with
    {
        Links = Math.Max(Links, other.Links),
        Version = Math.Max(Version, other.Version),
        Sent = [.. Sent.Union(other.Sent)],
    }).Forget();

    /// <summary>Whether all that is new in a vault and signed by the device was sent by it.</summary>
    /// <param name="vault">The vault, verified.</param>
    /// <param name="own">The device.</param>
    public bool Explain(VerifiedVault vault, AuthorityId own)
    {
        if (Sent.Length == Most) return true;
        var manifest = vault.Manifest.Manifest;
        if (manifest.Signer == own && manifest.Version > Version && !HasNoted(vault.Manifest.Hash)) return false;
        return vault.Links.Skip((int)Math.Min(Links, int.MaxValue))
            .All(link => link.Link.Signer != own || Sent.Any(sent => sent.Link == link.Hash));
    }

    /// <summary>After a vault was verified: what cannot be taken any more is forgotten.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="own">The device.</param>
    public OwnCommits After(VerifiedVault vault, AuthorityId own) => (this with
    {
        Suspected = Suspected ?? (Explain(vault, own) ? null
            : new CloneInfo(ToldTime.At(vault.Head.Head.Time), vault.Manifest.Manifest.Version)),
        Links = Math.Max(Links, (ulong)vault.Links.Length),
        Version = Math.Max(Version, vault.Manifest.Manifest.Version),
    }).Forget();

    /// <summary>Whether a manifest was noted.</summary>
    public bool HasNoted(Hash256 manifest) => Sent.Any(sent => sent.Manifest == manifest);

    public void Write(CborOut writer)
    {
        writer.Array(5).UInt(Links).UInt(Version).Array(Sent.Length);
        foreach (var sent in Sent)
            writer.Array(3).UInt(sent.Version).Bytes(sent.Manifest).Bytes(sent.Link);
        writer.UInt(Suspected?.Version ?? 0).UInt(Suspected is { } clone ? (ulong)clone.SeenAt.ToUnixTimeSeconds() : 0);
    }

    public static OwnCommits Read(CborIn reader)
    {
        reader.Array(5);
        var (links, version) = (reader.UInt(), reader.UInt());
        var sent = ImmutableArray.CreateBuilder<SentCommit>();
        for (var left = reader.Array(0, Most); left > 0; left--)
        {
            reader.Array(3);
            sent.Add(new SentCommit(reader.UInt(), reader.Hash(), reader.Hash()));
        }
        var (clone, at) = (reader.UInt(), reader.UInt());
        return new OwnCommits
        {
            Links = links,
            Version = version,
            Sent = sent.ToImmutable(),
            Suspected = clone == 0 ? null : new CloneInfo(ToldTime.At(at), clone),
        };
    }

    /// <summary>The newest note by itself: its version in eight bytes, the highest first, and the two hashes.</summary>
    public byte[] EncodeNewest()
    {
        var (note, newest) = (new byte[NoteSize], Sent[^1]);
        BinaryPrimitives.WriteUInt64BigEndian(note, newest.Version);
        newest.Manifest.CopyTo(note.AsSpan(sizeof(ulong)));
        newest.Link.CopyTo(note.AsSpan(sizeof(ulong) + Hash256.Size));
        return note;
    }

    /// <summary>With a note that stood by itself.</summary>
    public OwnCommits Join(ReadOnlySpan<byte> note) => Join(None with
    {
        Sent =
        [
            new SentCommit(
                BinaryPrimitives.ReadUInt64BigEndian(note), new Hash256(note.Slice(sizeof(ulong), Hash256.Size)),
                new Hash256(note[(sizeof(ulong) + Hash256.Size)..])),
        ],
    });

    private OwnCommits Forget() => this with
    {
        Sent = [.. Sent.Where(sent => sent.Version > Version).Take(Most)],
    };

    /// <summary>A commit that was sent, or was about to be.</summary>
    /// <param name="Version">The version of its manifest.</param>
    /// <param name="Manifest">The manifest's hash.</param>
    /// <param name="Link">Its link's hash; the default where it has none.</param>
    private sealed record SentCommit(ulong Version, Hash256 Manifest, Hash256 Link);
}
