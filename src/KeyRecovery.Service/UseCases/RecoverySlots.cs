using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>What a user without any device needs to begin: the passphrase slots of the account, by the app's token alone.</summary>
public sealed class RecoverySlots
{
    private readonly ServiceContext _context;

    internal RecoverySlots(ServiceContext context) => _context = context;

    /// <summary>Reads the active passphrase slots of a user's account.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Outcome<PassphraseSlots>> ReadAsync(AppUser user, CancellationToken ct)
    {
        var (ids, keys) = (_context.Lookups.Ids, _context.Keys);
        if (await keys.ReadAsync(ids.Subject(user), ct) is not { } lookup) return NotFound();
        var account = _context.Lookups.Open(lookup);
        if (await keys.ReadAsync(ids.KeyRow(account), ct) is not { } keyStored) return NotFound();
        var keyRow = KeyRow.Decode(keyStored.Value);
        if (keyRow.State == KeyRowState.Erased) return NotFound();

        using var rows = await _context.SubjectKeys.OpenAsync(keyStored.Key, keyRow, ct);
        if (await _context.Data.FindAsync(rows, rows.Account, ct) is not { } stored)
            return keyRow.State == KeyRowState.Live ? new ServiceFailure(ErrorCode.VaultLost) : NotFound();
        var state = AccountState.Decode(stored);
        if (MinChain.IsBehind(state.LastRemoval, keyRow.MinChain)) return new ServiceFailure(ErrorCode.RepairRequired);

        var slots = ImmutableArray.CreateBuilder<PassphraseSlotEntry>();
        foreach (var slot in state.Authorities.Values.Where(a => a.Kind == AuthorityKind.Passphrase))
            slots.Add(new PassphraseSlotEntry(slot.Id, slot.SigningKey, await ReadParametersAsync(rows, state, slot, ct)));
        return new PassphraseSlots(account, slots.ToImmutable());
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadParametersAsync(
        AccountRows rows, AccountState state, AccountAuthority slot, CancellationToken ct)
    {
        var link = await _context.Data.ReadLinkAsync(rows, state, slot.AddedAt, ct);
        return SignedLink.Decode(link).Link.Add.FirstOrDefault(a => a.Id == slot.Id)?.Parameters ?? throw new RowDamagedException(Table.Links);
    }

    private static ServiceFailure NotFound() => new(ErrorCode.NotFound);
}
