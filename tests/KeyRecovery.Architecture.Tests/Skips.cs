using System.Diagnostics;

namespace KeyRecovery.Architecture.Tests;

/// <summary>What <c>.ci/run</c> says to a test that was skipped: it fails, but for what no script can bring.</summary>
public sealed class Skips : IDisposable
{
    private readonly string _results = Directory.CreateTempSubdirectory("keyrecovery-skips-").FullName;

    public void Dispose() => Directory.Delete(_results, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(0, "another system: this test reads /proc")]
    [InlineData(0, "a cloud account: this test needs Azure Cosmos DB", "another system: this test reads /proc")]
    [InlineData(1, "argon2 is missing: apt-get install argon2")]
    [InlineData(1, "another system: this test reads /proc", "nothing can be mounted here: run as root")]
    [InlineData(1, "it is broken")]
    [InlineData(1, "")]
    public void A_skip_for_want_of_what_can_be_brought_fails_and_every_skip_is_told_with_its_reason(
        int exitCode, params string[] reasons)
    {
        Write("One", reasons.Take(1));
        Write("Two", reasons.Skip(1));
        var (exit, output) = Run();
        Assert.Equal(exitCode, exit);
        Assert.Equal(reasons.Select((reason, i) => $"skipped: 1 of {(i == 0 ? "One" : "Two")}: {reason}"), output);
    }

    [Fact]
    public void Skips_for_one_reason_are_one_line()
    {
        Write("One", ["another system: x", "another system: x"]);
        Write("Two", ["another system: x"]);
        Assert.Equal(["skipped: 3 of One Two: another system: x"], Run().Lines);
    }

    // As the test runner writes it: a test that passed, those that were skipped, and one that failed.
    private void Write(string name, IEnumerable<string> reasons) =>
        File.WriteAllText(Path.Combine(_results, $"{name}.trx"), $"""
        <TestRun>
          <Results>
            <UnitTestResult testName="Tests.Passed" outcome="Passed" />
        {string.Concat(reasons.Select(reason => $"""
                <UnitTestResult testId="1" testName="Tests.{name}.Skipped(way: 1.5)" duration="0" outcome="NotExecuted">
                  <Output>
                    <ErrorInfo>
            {(reason.Length == 0 ? "" : $"          <Message>{reason}</Message>\n")}        </ErrorInfo>
                  </Output>
                </UnitTestResult>

            """))}    <UnitTestResult testName="Tests.Failed" outcome="Failed">
              <Output>
                <ErrorInfo>
                  <Message>it failed</Message>
                </ErrorInfo>
              </Output>
            </UnitTestResult>
          </Results>
        </TestRun>

        """);

    private (int ExitCode, string[] Lines) Run()
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "bash", [Path.Combine(Repository.Root, ".ci", "skips"), _results]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
