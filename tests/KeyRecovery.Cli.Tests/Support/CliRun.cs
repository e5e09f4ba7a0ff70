using System.Text;
using System.Text.Json;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>What a run of the command line left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Bytes">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record CliRun(int ExitCode, byte[] Bytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(Bytes);

    /// <summary>Standard output as the one JSON object that it has to be.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Bytes, new JsonDocumentOptions { AllowTrailingCommas = false });
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            return document.RootElement.Clone();
        }
    }

    /// <summary>A member of it.</summary>
    public string Text(string member) => Json.GetProperty(member).GetString()!;

    /// <summary>The run, if it ended so; otherwise a failed test that shows it.</summary>
    public CliRun Ended(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}\n{Output}\n{Error}");
        return this;
    }
}
