using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The sealed part of a manifest, opened: what only authorities know (docs/protocol.md §5).
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class ManifestPrivate : IDisposable
{
    private const int LabelKeySize = 32;
    private const ulong ReplaceFlag = 1;

    /// <summary>Joins the parts.</summary>
    /// <param name="labelKey">32 bytes; this object disposes it.</param>
    /// <param name="items">One note for each item, ascending by id.</param>
    /// <param name="authorities">Notes of authorities, ascending by id.</param>
    public ManifestPrivate(
        SecretBytes labelKey, ImmutableArray<ItemNote> items, ImmutableArray<AuthorityNote> authorities)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(labelKey.Length, LabelKeySize);
        LabelKey = labelKey;
        Items = items;
        Authorities = authorities;
    }

    /// <summary>The key of the log's leaf labels, 32 bytes, new in each epoch.</summary>
    public SecretBytes LabelKey { get; }

    /// <summary>One note for each item, ascending by id.</summary>
    public ImmutableArray<ItemNote> Items { get; }

    /// <summary>Notes of authorities, ascending by id.</summary>
    public ImmutableArray<AuthorityNote> Authorities { get; }

    /// <summary>Draws a label key.</summary>
    public static SecretBytes NewLabelKey(IRandom random) => SecretBytes.Random(LabelKeySize, random);

    /// <summary>The label of the leaf that a manifest of <paramref name="version"/> appends.</summary>
    /// <param name="labelKey">The label key of the manifest before; for version 1 its own.</param>
    /// <param name="account">The account.</param>
    /// <param name="version">The manifest's version.</param>
    public static Hash256 LeafLabel(SecretBytes labelKey, AccountId account, ulong version) =>
        new(HMACSHA256.HashData(
            labelKey.Span, new CborOut().Array(3).Text(Labels.LeafLabel).Bytes(account).UInt(version).ToArray()));

    /// <summary>Pads and seals under the epoch's key for one manifest version.</summary>
    internal byte[] Seal(EpochKey key, ulong version, IRandom random)
    {
        using var encoded = Encode();
        using var padded = Padme.PadSecret(encoded.Span);
        using var privateKey = key.ManifestPrivateKey();
        return SecretBox.Seal(privateKey.Span, Aad(key.Account, version, key.Epoch), padded.Span, random);
    }

    /// <summary>
    /// Opens the sealed part of a manifest. Null where it does not open or does not fit the manifest's items.
    /// </summary>
    /// <exception cref="UpgradeRequiredException">A version or flag that this program does not know.</exception>
    internal static ManifestPrivate? Open(EpochKey key, Manifest manifest)
    {
        var padded = SecretMemory.Allocate(manifest.Private.Length - SecretBox.Overhead);
        using var privateKey = key.ManifestPrivateKey();
        var aad = Aad(manifest.Account, manifest.Version, manifest.Epoch);
        if (!SecretBox.TryOpen(privateKey.Span, aad, manifest.Private.Span, padded)) return null;
        try
        {
            if (!Padme.TryUnpad(padded, out var length)) return null;
            var opened = Decode(padded.AsMemory(Padme.PrefixSize, length));
            if (opened.Fits(manifest)) return opened;
            opened.Dispose();
            return null;
        }
        catch (WireFormatException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => LabelKey.Dispose();

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    private bool Fits(Manifest manifest) =>
        Items.Select(i => i.Id).SequenceEqual(manifest.Items.Select(i => i.Id))
        && Items.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count() == Items.Length;

    private static byte[] Aad(AccountId account, ulong version, ulong epoch) =>
        new CborOut().Array(4).Text(Labels.ManifestPrivate).Bytes(account).UInt(version).UInt(epoch).ToArray();

    private SecretBytes Encode()
    {
        var writer = CborOut.OfSecrets().Array(5).Text(Labels.ManifestPrivate).UInt(FormatVersion.Current)
            .Bytes(LabelKey.Span);
        writer.Array(Items.Length);
        foreach (var item in Items)
            writer.Array(4).Bytes(item.Id).Text(item.Name).UInt((ulong)item.Length).UInt(item.Modified);
        writer.Array(Authorities.Length);
        foreach (var note in Authorities)
            writer.Array(3).Bytes(note.Id).Text(note.Name).UInt(note.Replace ? ReplaceFlag : 0);
        return SecretBytes.Take(writer);
    }

    private static ManifestPrivate Decode(ReadOnlyMemory<byte> content)
    {
        var reader = new CborIn(content);
        reader.Structure(Labels.ManifestPrivate, 5);
        var labelKey = reader.BytesView(LabelKeySize, LabelKeySize);
        var items = ReadList(reader, Limits.Items, ReadItem);
        var authorities = ReadList(reader, Limits.Authorities, ReadAuthority);
        reader.End();
        WireFormatException.Require(Ascending.Strictly(items, i => i.Id), "item notes are ascending");
        WireFormatException.Require(Ascending.Strictly(authorities, a => a.Id), "authority notes are ascending");
        return new ManifestPrivate(SecretBytes.Copy(labelKey.Span), items, authorities);
    }

    private static ItemNote ReadItem(CborIn reader)
    {
        reader.Array(4);
        return new ItemNote(
            reader.Item(), reader.Text(1, Limits.NameBytes), (long)reader.UInt(Limits.MaxItemBytes), reader.UInt());
    }

    private static AuthorityNote ReadAuthority(CborIn reader)
    {
        reader.Array(3);
        var (id, name, flags) = (reader.Authority(), reader.Text(0, Limits.NameBytes), reader.UInt());
        if (flags > ReplaceFlag) throw new UpgradeRequiredException("a note with unknown flags");
        return new AuthorityNote(id, name, flags == ReplaceFlag);
    }

    private static ImmutableArray<T> ReadList<T>(CborIn reader, int max, Func<CborIn, T> read)
    {
        var count = reader.Array(0, max);
        var list = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++) list.Add(read(reader));
        return list.MoveToImmutable();
    }
}
