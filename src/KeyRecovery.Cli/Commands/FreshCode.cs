using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Kit;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// A code that was just generated and counts in a moment: it is in the person's hands first, on paper or on the screen.
/// </summary>
internal sealed class FreshCode : IDisposable
{
    private readonly CliContext _context;
    private readonly KitFile? _kit;
    private bool _mayCount;

    private FreshCode(CliContext context, KitFile? kit) => (_context, _kit) = (context, kit);

    public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    public string Display => Code.ToDisplayString();

    public string? KitPath => _kit?.Path;

    /// <summary>Generates one, writes its kit and shows it.</summary>
    public static FreshCode Make(CliContext context, AccountId account, KitFile? kit)
    {
        // A code that replaces itself needs no home.
        if (Directory.Exists(context.Home)) context.ProveHome();
        var fresh = new FreshCode(context, kit);
        try
        {
            kit?.Write(fresh.Kit(account));
            fresh.Show();
            return fresh;
        }
        catch
        {
            // The page of a code that never counts goes again.
            fresh.Dispose();
            throw;
        }
    }

    /// <summary>Generates one for an account that is still to be made, and shows it.</summary>
    public static FreshCode Make(CliContext context, KitFile? kit)
    {
        context.ProveHome();
        var fresh = new FreshCode(context, kit);
        fresh.Show();
        return fresh;
    }

    /// <summary>It is the code of an account that was just made, which the kit names. A kit that cannot be written is
    /// no reason to lose the account.</summary>
    public void Counts(AccountId account)
    {
        _mayCount = true;
        if (_context.Output.IsJson) _context.Unseen = Display;
        try
        {
            _kit?.Write(Kit(account));
        }
        catch (IOException full)
        {
            _context.Output.Note($"the kit could not be written ({full.Message}): write the code down by hand");
        }
    }

    /// <summary>It is no account's: whoever was shown it hears so, unless nobody knows.</summary>
    public void Told(ClientFailure failure)
    {
        _mayCount = failure.MayBeDone;
        if (!_context.Output.IsJson)
            _context.Output.Note(_mayCount
                ? "keep the code above until the account is there: the same command finishes it, with another code"
                : "the code above is no account's: throw it away");
    }

    private RecoveryKit Kit(AccountId account) =>
        new(Display, account, _context.Server, _context.App, DateTimeOffset.UtcNow);

    private void Show()
    {
        if (!_context.Output.IsJson) NewCode.Tell(Terminal.Standard(), Display, KitPath);
    }

    /// <summary>Makes it count. Where nobody knows whether it does, the code is told once more, to be kept.</summary>
    /// <param name="commit">Commits it.</param>
    /// <param name="advice">What finishes it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<T> CommitAsync<T>(
        Func<Task<Result<T>>> commit, string advice, CancellationToken ct)
    {
        Result<T> result;
        try
        {
            result = await commit();
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            result = new ClientFailure.Transient("cancelled", null);
        }
        _mayCount = result is Result<T>.Ok or Result<T>.Failed { Failure.MayBeDone: true };
        if (result is Result<T>.Failed { Failure: { MayBeDone: true } failure })
            throw new CommandException(Unanswered(failure, Display, KitPath, advice));
        if (!_mayCount && !_context.Output.IsJson)
            _context.Output.Note("the code above is not the account's: throw it away");
        if (_mayCount && _context.Output.IsJson) _context.Unseen = Display;
        return _context.Expect(result);
    }

    /// <summary>The account may rely on it, in place of the one on the old paper: it must not die with this process.
    /// </summary>
    public static CliFailure Unanswered(ClientFailure failure, string display, string? kitPath, string advice) =>
        new("code-unanswered",
            $"{failure.Message}. The code may or may not be the account's by now: keep it, with the old one, "
            + "until the check says which works")
        {
            Details = new JsonObject { ["code"] = display, ["kit"] = kitPath },
            Advice = [display, advice],
        };

    public void Dispose()
    {
        if (!_mayCount) _kit?.Withdraw();
        Code.Dispose();
    }
}
