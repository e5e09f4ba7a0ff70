using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.CodeAnalysis.Runtime;

/// <summary>
/// What the C# compiler calls under <c>/instrument:TestCoverage</c>: each method, constructors and lambdas with it, has
/// a payload of its own and marks in it what runs.
/// </summary>
[ExcludeFromCodeCoverage]
public static class Instrumentation
{
    private static readonly ConcurrentBag<(Guid Module, int Row, bool[] Payload)> Methods = [];

    // The name of the folder in which another process asks: it makes a file, and this one removes it when that is done.
    static Instrumentation()
    {
        if (Environment.GetEnvironmentVariable("KEYRECOVERY_WAY") is not { } folder) return;
        var (asked, told) = (Path.Combine(folder, "asked"), Path.Combine(folder, "told"));
        new Thread(() =>
        {
            for (; ; Thread.Sleep(10))
            {
                if (!File.Exists(asked)) continue;
                File.WriteAllLines(told, Take());
                File.Delete(asked);
            }
        }) { IsBackground = true }.Start();
    }

    /// <summary>Called by each method at its first run.</summary>
    public static bool[] CreatePayload(Guid mvid, int methodRow, int fileIndex, ref bool[] payload, int payloadLength)
    {
        if (Interlocked.CompareExchange(ref payload!, new bool[payloadLength], null) is null)
            Methods.Add((mvid, methodRow, payload));
        return payload;
    }

    /// <summary>Called by each method of several files at its first run.</summary>
    public static bool[] CreatePayload(
        Guid mvid, int methodRow, int[] fileIndices, ref bool[] payload, int payloadLength) =>
        CreatePayload(mvid, methodRow, 0, ref payload, payloadLength);

    /// <summary>
    /// What ran since this was called last: a line for each method, of its assembly's path and its row in the metadata.
    /// What runs meanwhile is told by this call or by the next one.
    /// </summary>
    public static IReadOnlyList<string> Take()
    {
        var ran = Methods.Where(method => Take(method.Payload)).ToList();
        if (ran.Count == 0) return [];
        var assemblies = AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic)
            .ToDictionary(a => a.ManifestModule.ModuleVersionId, a => a.Location);
        return [.. ran.Select(method => $"{assemblies[method.Module]}\t{method.Row}")];
    }

    // Place by place: what is set between is neither lost nor told twice.
    private static bool Take(bool[] payload)
    {
        var ran = false;
        for (var i = 0; i < payload.Length; i++)
        {
            if (!payload[i]) continue;
            payload[i] = false;
            ran = true;
        }

        return ran;
    }
}
