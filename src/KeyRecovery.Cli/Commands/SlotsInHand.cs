using System.Collections.Immutable;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>Codes and passphrases that the person shows to hold, so that they stay when a device was stolen.</summary>
internal sealed class SlotsInHand(CliContext context, VaultSession vault, string? token, AuthorityNames names)
{
    /// <summary>Reads those that options ask for.</summary>
    public async Task<ImmutableArray<SlotProof>> ReadAsync(bool code, bool passphrase, CancellationToken ct)
    {
        var proofs = ImmutableArray.CreateBuilder<SlotProof>();
        if (code) proofs.Add(context.Expect(await CodeAsync(ct)));
        if (passphrase) proofs.Add(context.Expect(await PassphraseAsync(ct)));
        return proofs.ToImmutable();
    }

    /// <summary>Shows a person what goes, and asks for what they hold of it.</summary>
    public async Task<RevocationRequest> OfferAsync(
        RevocationRequest request, RecoveryCode? signer, CancellationToken ct)
    {
        if (!context.Ask.CanAsk) return request;
        var plan = Show(request, signer);
        if (Goes(plan, AuthorityKind.Code)
            && await context.Ask.YesAsync("Do you hold the code, so that it stays when you type it?", ct))
            (request, plan) = Add(request, signer, plan, await CodeAsync(ct));
        if (Goes(plan, AuthorityKind.Passphrase) && context.TokenFile is not null
            && await context.Ask.YesAsync("Do you know the passphrase, so that it stays when you type it?", ct))
            (request, _) = Add(request, signer, plan, await PassphraseAsync(ct));
        return request;
    }

    private (RevocationRequest Request, RevocationPlan Plan) Add(
        RevocationRequest request, RecoveryCode? signer, RevocationPlan plan, Result<SlotProof> proof)
    {
        if (!proof.TryGet(out var shown, out var failure))
        {
            context.Output.Note($"{failure.Message}. It does not stay.");
            return (request, plan);
        }
        request = request with { InHand = request.InHand.Add(shown) };
        return (request, Show(request, signer));
    }

    private RevocationPlan Show(RevocationRequest request, RecoveryCode? signer)
    {
        var plan = vault.PlanRevocation(request, signer);
        if (plan.Goes.Length > 1 || !plan.Stays.IsEmpty || plan.SlotsLeft.IsEmpty)
            context.Output.Show(people => RevocationTable.Write(people, plan, names));
        return plan;
    }

    private static bool Goes(RevocationPlan plan, AuthorityKind kind) =>
        plan.Goes.Any(g => g.Kind == kind && g.Reason != RevocationReason.Named);

    private async Task<Result<SlotProof>> CodeAsync(CancellationToken ct)
    {
        using var code = await new CodeInput(context.Ask).ReadAsync(ct);
        return await vault.ProveCodeAsync(code, ct);
    }

    private async Task<Result<SlotProof>> PassphraseAsync(CancellationToken ct)
    {
        var known = token ?? await context.NeedTokenAsync(ct);
        using var passphrase = await new PassphraseInput(context.Ask).ReadAsync(ct);
        return await vault.Passphrase.ProveAsync(passphrase, known, ct);
    }
}
