using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The apps' lists of their accounts: a row an account, which leads to it as a lookup does, so that a page costs what
/// is on it. A row says nothing by itself; whether the account is there and whose it is, its own rows tell.
/// </summary>
internal sealed class AppAccounts(IKeyStore keys, Lookups lookups, RestoreLog restores)
{
    private const byte CursorVersion = 1;
    private const int RestoreSize = 16;

    // A database's places have some hundred bytes.
    private const int MostCursor = 4096;

    // A store may give pages of nothing; nobody is kept waiting for more of them.
    private const int Asks = 8;

    /// <summary>Adds an account; one that is there is written again. Null when that is done.</summary>
    public async ValueTask<ServiceFailure?> AddAsync(string app, AccountId account, CancellationToken ct) =>
        await keys.WriteAsync([lookups.Ensure(lookups.Ids.AppAccount(app, account), account)], ct)
            is WriteResult.Unavailable(_, var reason) ? ServiceFailure.Of(reason) : null;

    /// <summary>The place of an account in its list; null where it has none.</summary>
    public ValueTask<Row?> FindAsync(string app, AccountId account, CancellationToken ct) =>
        keys.HeadAsync(lookups.Ids.AppAccount(app, account), ct);

    /// <summary>Takes out an account that is erased, or of another app.</summary>
    public async ValueTask RemoveAsync(string app, AccountId account, CancellationToken ct) =>
        await keys.WriteAsync([new RowWrite.Remove(lookups.Ids.AppAccount(app, account))], ct);

    /// <summary>
    /// Adds an account that lives and is not in its list: it was made before there was one, or by a key store that went
    /// back since. Claimed, then looked: an erasure that came meanwhile has not seen the row.
    /// </summary>
    public async ValueTask MendAsync(string app, AccountId account, CancellationToken ct)
    {
        if (await FindAsync(app, account, ct) is not null
            || await AddAsync(app, account, ct) is not null) return;
        if (await keys.ReadAsync(lookups.Ids.KeyRow(account), ct) is not { } stored
            || KeyRow.Decode(stored.Value).State == KeyRowState.Erased) await RemoveAsync(app, account, ct);
    }

    /// <summary>Accounts of an app, in an order of the store's own, and where it goes on; null at the end.</summary>
    /// <param name="app">The app.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="limit">The most accounts.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null where <paramref name="after"/> is not of this app's list as it is now.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<(ImmutableArray<AccountId> Accounts, string? Next)?> PageAsync(
        string app, string? after, int limit, CancellationToken ct)
    {
        // A key store that went back may tell other places, and has forgotten accounts: a reader begins anew.
        var restore = (await restores.ReadAsync(ct)).Keys?.Id.ToArray() ?? new byte[RestoreSize];
        var (part, at) = (0, ReadOnlyMemory<byte>.Empty);
        if (after is not null && !TryRead(app, after, restore, out part, out at)) return null;
        var accounts = ImmutableArray.CreateBuilder<AccountId>(limit);
        for (var asked = 0; asked < Asks && accounts.Count < limit && part < RowIds.AppAccountParts; asked++)
        {
            var page = await keys.PageAsync(
                Table.AppAccounts, lookups.Ids.AppAccounts(app, part), at, limit - accounts.Count, ct);
            if (page is null) return null;
            foreach (var row in page.Rows)
                if (TryOpen(row) is { } account) accounts.Add(account);
            (part, at) = page.Next.IsEmpty ? (part + 1, default) : (part, page.Next);
        }

        return (accounts.ToImmutable(),
            part == RowIds.AppAccountParts ? null : Cursor(app, [CursorVersion, (byte)part, .. restore, .. at.Span]));
    }

    // Whose a damaged one was nobody can tell; the check tells of it.
    private AccountId? TryOpen(Row row)
    {
        try
        {
            return lookups.Open(row);
        }
        catch (RowDamagedException)
        {
            return null;
        }
    }

    private string Cursor(string app, byte[] place) => Base64UrlText.Encode(lookups.Seal(SealedFor(app), place));

    private bool TryRead(
        string app, string after, byte[] restore, out int part, out ReadOnlyMemory<byte> at)
    {
        (part, at) = (0, default);
        if (!Base64UrlText.TryDecodeUpTo(after, MostCursor, out var sealedPlace)
            || lookups.TryOpen(SealedFor(app), sealedPlace) is not { Length: >= 2 + RestoreSize } place
            || place[0] != CursorVersion || !place.AsSpan(2, RestoreSize).SequenceEqual(restore)) return false;
        (part, at) = (place[1], place.AsMemory(2 + RestoreSize));
        return part < RowIds.AppAccountParts;
    }

    // No row is there: a row's place ends with an account's name.
    private RowKey SealedFor(string app) => new(Table.AppAccounts, lookups.Ids.AppAccounts(app, 0));
}
