using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Identities;

/// <summary>The items in which an account keeps its own keys (docs/protocol.md §19.1).</summary>
internal static class IdentityItem
{
    // A slot changes no item, and nobody writes at that time: what it tells instead is that the keys are due.
    private const ulong DueTime = 0;

    /// <summary>Whether the account has keys of its own, and others know them: they are to be made anew.</summary>
    public static bool IsDue(OpenVault open) => open.FindNote(ReservedName.Identity) is { Modified: DueTime };

    /// <summary>Marks the keys as due, where there are any, without changing an item.</summary>
    public static ImmutableArray<(ManifestItem Entry, ItemNote Note)> Due(OpenVault open) =>
        open.FindNote(ReservedName.Identity) is { } note
            ? [(open.Vault.Manifest.Manifest.Find(note.Id)!, Due(note))] : [];

    /// <summary>The note that tells so.</summary>
    public static ItemNote Due(ItemNote note) => note with { Modified = DueTime };

    /// <summary>The name of the next item of seeds from before.</summary>
    public static string NextBefore(OpenVault open) => ReservedName.IdentityBefore
        + (Before(open).Select(n => n.Number).DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>The items of seeds from before, the newest first.</summary>
    public static IEnumerable<(string Name, int Number)> Before(OpenVault open) => open.Private.Items
        .Select(note => (note.Name, Number: NumberOf(note.Name))).Where(n => n.Number > 0)
        .OrderByDescending(n => n.Number);

    /// <summary>Draws keys, as the content of their item; the caller zeroes it.</summary>
    public static byte[] Draw(AccountId account, IRandom random)
    {
        using var keys = IdentityKeys.Create(account, random);
        using var seeds = keys.Encode();
        // Of its own and pinned: the collector makes no copies.
        var content = GC.AllocateUninitializedArray<byte>(seeds.Length, pinned: true);
        seeds.Span.CopyTo(content);
        return content;
    }

    /// <summary>Reads seeds, and zeroes what they were read from; null where they are none.</summary>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static IdentityKeys? Read(AccountId account, byte[] content)
    {
        try
        {
            return IdentityKeys.Decode(account, content);
        }
        catch (WireFormatException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static int NumberOf(string name) =>
        name.StartsWith(ReservedName.IdentityBefore, StringComparison.Ordinal) && int.TryParse(
            name.AsSpan(ReservedName.IdentityBefore.Length), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) && number < int.MaxValue ? number : 0;
}
