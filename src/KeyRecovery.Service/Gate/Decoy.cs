using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// Rows of an account that does not exist. A request that finds nothing reads, opens and verifies as much as one that
/// finds something, so that unknown, wrong and gone look alike from outside.
/// </summary>
internal sealed class Decoy : IDisposable
{
    private readonly AccountRows _rows;
    private readonly Row _accountRow;
    private readonly SubjectKeys _subjectKeys;
    private volatile Row _keyRow;

    public Decoy(Lookups lookups, SubjectKeys subjectKeys, IRandom random)
    {
        Span<byte> seed = stackalloc byte[32];
        random.Fill(seed);
        using var signing = SigningKey.FromSeed(seed);
        random.Fill(seed);
        Account = new AccountId(seed[..16]);
        random.Fill(seed);
        var id = new AuthorityId(seed[..16]);
        Authority = new AccountAuthority(id, AuthorityKind.Code, signing.PublicKey, default, 1, 0, 0, 0, false);

        KeyRowKey = lookups.Ids.KeyRow(Account);
        _subjectKeys = subjectKeys;
        (_rows, _keyRow) = Draw();
        var state = new AccountState
        {
            Account = Account,
            User = new AppUser("decoy", "decoy", "decoy"),
            Chain = default,
            LinkChunk = default,
            EpochCommit = default,
            Used = UsedNames.Empty,
            Path = EpochPath.First,
            Keysets = [],
            ManifestVersion = 1,
            ManifestHash = default,
            Authorities = ImmutableSortedDictionary<AuthorityId, AccountAuthority>.Empty.Add(id, Authority),
        };
        var create = (RowWrite.Create)_rows.Write(_rows.Account, null, state.Encode());
        _accountRow = new Row(create.Key, create.Value, 1, 0);
        var slot = lookups.Ids.Slot(id);
        Lookup = lookups.Decoy(slot, Account);
    }

    public AccountId Account { get; }

    public AccountAuthority Authority { get; }

    public RowKey KeyRowKey { get; }

    public Row Lookup { get; }

    /// <summary>
    /// One opening, as for a key row that is there. No rotation knows this row: it is drawn anew when its KEK is gone.
    /// </summary>
    public AccountRows OpenKeyRow()
    {
        while (true)
        {
            if (_subjectKeys.TryOpen(KeyRowKey, KeyRow.Decode(_keyRow.Value)) is { } rows) return rows;
            (var unused, _keyRow) = Draw();
            unused.Dispose();
        }
    }

    /// <summary>One opening, as for a row that is there.</summary>
    public byte[] OpenAccountRow() => _rows.Open(_accountRow);

    public void Dispose() => _rows.Dispose();

    private (AccountRows Rows, Row KeyRow) Draw()
    {
        using var lease = _subjectKeys.Wrap();
        var (rows, kek, wrapped) = _subjectKeys.Create(lease, KeyRowKey);
        return (rows, new Row(KeyRowKey, new KeyRow(KeyRowState.Live, kek, wrapped, null, 0).Encode(), 1, 0));
    }
}
