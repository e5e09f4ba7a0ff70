using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks what operators have decided: what is settled holds in the key row and nothing else does, whatever holds there
/// was decided, and once there is a receipt nobody can see whom it was about.
/// </summary>
internal sealed class RestraintCheck(ServiceContext context, RestraintRows restraints, ErasureRows erasures)
{
    public async ValueTask RunAsync(ImmutableArray<string>.Builder damaged, CancellationToken ct)
    {
        await CheckAllAsync(Table.Restraints, CheckDecidedAsync, damaged, ct);
        await CheckAllAsync(Table.KeyRows, CheckKeyRowAsync, damaged, ct);
    }

    private async ValueTask CheckAllAsync(
        Table table, Func<Row, CancellationToken, ValueTask<string?>> check, ImmutableArray<string>.Builder damaged,
        CancellationToken ct)
    {
        await foreach (var stored in context.Keys.ScanAsync(table, ct))
        {
            try
            {
                if (await check(stored, ct) is { } fault) damaged.Add(fault);
            }
            catch (Exception e) when (e is RowDamagedException or WireFormatException)
            {
                damaged.Add($"{table}: {e.Message}");
            }
        }
    }

    private async ValueTask<string?> CheckDecidedAsync(Row stored, CancellationToken ct)
    {
        var keyRow = RestraintRows.KeyRowOf(stored);
        if (restraints.Open(stored) is not { Account: not null } row) return null;
        if (await context.Keys.ReadAsync(keyRow, ct) is not { } found) return "restraint: of no key row";
        var key = KeyRow.Decode(found.Value);
        var isErased = (await erasures.ReadAsync(keyRow, ct)).Row is { Phase: ErasurePhase.Erased };
        var isAmiss = key.State == KeyRowState.Erased ? isErased : row.IsSettled && key.Restraints != row.Wanted;
        // Decided anew, or erased, while this was on its way: the next check sees it.
        if (!isAmiss || (await restraints.ReadAsync(keyRow, ct)).Stored?.Version != stored.Version) return null;
        return key.State == KeyRowState.Erased
            ? "restraint: names an account that has a receipt" : "restraint: what was decided does not hold";
    }

    private async ValueTask<string?> CheckKeyRowAsync(Row stored, CancellationToken ct)
    {
        var key = KeyRow.Decode(stored.Value);
        return key.State != KeyRowState.Erased && key.Restraints != AccountRestraints.None
            && (await restraints.ReadAsync(stored.Key, ct)).Row is null
                ? "key row: restrained, and nobody has decided it" : null;
    }
}
