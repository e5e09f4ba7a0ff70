using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Where the key store's rows are: HMAC-SHA-256 under the server's lookup key, so that a row's place tells nobody whose
/// it is.
/// </summary>
internal sealed class RowIds(ReadOnlyMemory<byte> lookupKey)
{
    private const int LinkSessionSize = 16;
    private const int PartSize = 16;

    /// <summary>
    /// In how many parts an app's list is: a partition of a database takes some 40 million accounts, and so many
    /// creations a second as one machine.
    /// </summary>
    public const int AppAccountParts = 4;

    public RowKey KeyRow(AccountId account) => new(Table.KeyRows, Keyed("account", account.ToArray()));

    public RowKey Slot(AuthorityId slot) => new(Table.Slots, Keyed("slot", slot.ToArray()));

    public RowKey RealmSlot(AuthorityId slot) => new(Table.RealmSlots, Keyed("realm-slot", slot.ToArray()));

    public RowKey RealmAccount(AccountId account) =>
        new(Table.RealmAccounts, Keyed("realm-account", account.ToArray()));

    /// <summary>Under the same hash as <see cref="Subject"/>, which is computed once a request.</summary>
    public static RowKey RealmSubject(RowKey subject) => new(Table.RealmSubjects, subject.Id);

    public RowKey Subject(AppUser user) =>
        new(Table.Subjects, Keyed("subject", LengthPrefixed(user.App, user.Issuer, user.Subject)));

    /// <summary>A session of linking; the ids of its messages begin with these 16 bytes.</summary>
    public RowKey LinkSession(LinkSessionId session) =>
        new(Table.LinkSessions, Keyed("link-session", session.ToArray()).AsMemory(0, LinkSessionSize));

    /// <summary>A message: its session, the side, its number.</summary>
    public static RowKey LinkMessage(RowKey session, byte side, byte sequence) =>
        new(Table.LinkMessages, (byte[])[.. session.Id.Span, side, sequence]);

    /// <summary>The session that a message's row is of.</summary>
    public static RowKey SessionOf(RowKey message) => new(Table.LinkSessions, message.Id[..LinkSessionSize]);

    public RowKey LinkName(string nameplate) =>
        new(Table.LinkNames, Keyed("link-name", Encoding.ASCII.GetBytes(nameplate)));

    public RowKey LinkPlaces(AccountId account) => new(Table.LinkPlaces, Keyed("link-places", account.ToArray()));

    /// <summary>An account in its app's list.</summary>
    public RowKey AppAccount(string app, AccountId account)
    {
        var name = Keyed("app-account", account.ToArray());
        return new(Table.AppAccounts, (byte[])[.. AppAccounts(app, name[0] % AppAccountParts), .. name]);
    }

    /// <summary>What the ids of a part of an app's list begin with: 16 bytes.</summary>
    public byte[] AppAccounts(string app, int part) =>
        [.. Keyed("app-accounts", Encoding.UTF8.GetBytes(app)).AsSpan(0, PartSize - 1), (byte)part];

    private byte[] Keyed(string purpose, byte[] value) =>
        HMACSHA256.HashData(lookupKey.Span, [.. Encoding.ASCII.GetBytes(purpose), 0, .. value]);

    private static byte[] LengthPrefixed(params ReadOnlySpan<string> parts)
    {
        var joined = new List<byte>();
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            joined.AddRange(length);
            joined.AddRange(bytes);
        }
        return [.. joined];
    }
}
