using System.Collections.Immutable;

namespace KeyRecovery.Cli.Commands;

/// <summary>Where a code that is in hand replaces itself: on a device of the account, or with nothing but the code.
/// </summary>
/// <param name="Account">The account.</param>
/// <param name="Authorities">Who is in it.</param>
/// <param name="Replace">Puts a new one in its place; the second says whether also where that was begun before.</param>
/// <param name="Finish">Removes the one in whose place this one was put.</param>
internal sealed record CodeHolder(
    AccountId Account, Func<ImmutableArray<AuthorityInfo>> Authorities,
    Func<RecoveryCode, bool, CancellationToken, Task<Result<Revocation>>> Replace,
    Func<CancellationToken, Task<Result<Revocation>>> Finish)
{
    public static CodeHolder Of(VaultSession vault, RecoveryCode code, string? token) => new(
        vault.Account, () => vault.Authorities,
        (next, anew, ct) => vault.ReplaceCodeAsync(code, next, token, anew, ct),
        ct => vault.FinishCodeReplacementAsync(code, token, ct));

    public static CodeHolder Of(RecoverySession session) => new(
        session.Account, () => session.Authorities, session.ReplaceCodeAsync, session.FinishCodeReplacementAsync);
}
