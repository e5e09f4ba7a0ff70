using System.Collections.Concurrent;
using System.Diagnostics;

namespace KeyRecovery.Protocol.Tests.Peers;

/// <summary>
/// Runs the scripts of a folder of these tests, by default those beside this file; installs what they need, from the
/// folder's lock file, when it is not there yet or older than the file.
/// </summary>
internal static class NodePeer
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Folders = new();

    public static string Run(string script, string input, string folder = "Peers") =>
        Start("node", [script], Folders.GetOrAdd(folder, name => new(() => Prepare(name))).Value, input);

    private static string Prepare(string name)
    {
        var folder = Path.Combine(SourceFolder(), name);
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        var wanted = new FileInfo(Path.Combine(folder, "package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < wanted.LastWriteTimeUtc) Start("npm", ["ci"], folder, "");
        return folder;
    }

    /// <summary>The folder of these tests' sources.</summary>
    internal static string SourceFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "KeyRecovery.Protocol.Tests.csproj"))) return folder.FullName;
        throw new DirectoryNotFoundException("the tests' sources are not above the tests' output");
    }

    private static string Start(string program, string[] arguments, string folder, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }
}
