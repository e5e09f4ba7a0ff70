using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Invocation;

/// <summary>Runs a command's work and tells what ended it.</summary>
internal static class CommandExtensions
{
    /// <summary>Gives a command its work.</summary>
    /// <param name="command">The command.</param>
    /// <param name="work">Its work.</param>
    /// <param name="usesHome">Whether it reads what this device keeps: only then is a locked home's passphrase asked
    /// for.</param>
    public static Command Runs(
        this Command command, Func<CliContext, ParseResult, CancellationToken, Task> work, bool usesHome = true) =>
        command.Runs(async (context, parsed, ct) =>
        {
            await work(context, parsed, ct);
            return ExitCode.Done;
        }, usesHome);

    /// <summary>Gives a command its work, which says with what code it ends.</summary>
    public static Command Runs(
        this Command command, Func<CliContext, ParseResult, CancellationToken, Task<int>> work, bool usesHome = true)
    {
        command.SetAction(async (parsed, ct) =>
        {
            var output = GlobalOptions.OutputOf(parsed);
            using var context = new CliContext(parsed, output);
            using var silence = output.IsJson ? null : Silence.Watch();
            try
            {
                if (usesHome) await context.UnlockHomeAsync(ct);
                return await work(context, parsed, ct);
            }
            catch (CommandException ended)
            {
                return output.Fail(ended.Failure);
            }
            catch (DeviceStoreException unreadable)
            {
                return output.Fail(HomeText.Of(unreadable, context.Home));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return output.Fail(new CliFailure("file", failure.Message)
                {
                    Advice = context.Unseen is { } secret
                        ? ["It is done all the same. What could not be written, and is shown this once:", secret] : [],
                });
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return output.Fail(new CliFailure("cancelled", "cancelled"));
            }
            catch (Exception bug)
            {
                // A mistake of ours, told like everything else: what broke it may be somebody's text.
                return output.Fail(new CliFailure("bug", $"{bug.GetType().Name}: {bug.Message}")
                {
                    Advice = ["A mistake of this program. Please report it, with these lines:",
                        .. (bug.StackTrace ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
                });
            }
        });
        return command;
    }
}
