using System.Collections.Immutable;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What a user without any device needs to begin: the passphrase slots of the account, by the app's token alone.
/// </summary>
public sealed class RecoverySlots
{
    private readonly ServiceContext _context;

    internal RecoverySlots(ServiceContext context) => _context = context;

    /// <summary>Reads the active passphrase slots of a user's account.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Outcome<PassphraseSlots>> ReadAsync(AppUser user, CancellationToken ct)
    {
        if (await _context.Names.FindAsync(user, ct) is not { } lookup) return NotFound();
        var account = _context.Lookups.Open(lookup);
        using var view = await _context.Door.ReadAsync(account, ct);
        if (view.Standing is AccountStanding.Unknown or AccountStanding.Erased) return NotFound();
        // A lookup that a move has left behind, or made ahead: the account row says whose it is.
        if (view.State is { } there && !await AccountOwners.IsOwnerAsync(_context, there, user, ct)) return NotFound();
        // Also where the account lacks its newest link: whoever has nothing but a passphrase takes the way back.
        var isBehind = view.Standing == AccountStanding.RolledBack;
        if (!isBehind && AccountDoor.FailureOf(view) is { } failure) return failure;
        var links = new ChainLinkReader(_context.Data, view.Rows, view.State!);
        var slots = ImmutableArray.CreateBuilder<PassphraseSlotEntry>();
        foreach (var slot in view.State!.Authorities.Values.Where(a => a.Kind == AuthorityKind.Passphrase))
        {
            if (isBehind && !view.KeyRow!.MinChain!.Active.Contains(slot.Id)) continue;
            var added = (await links.ReadAsync(slot.AddedAt, ct)).Link.Add.FirstOrDefault(a => a.Id == slot.Id);
            if (added is null) throw new RowDamagedException(Table.Links);
            slots.Add(new PassphraseSlotEntry(slot.Id, slot.SigningKey, added.Parameters));
        }

        return new PassphraseSlots(account, slots.ToImmutable());
    }

    private static ServiceFailure NotFound() => new(ErrorCode.NotFound);
}
