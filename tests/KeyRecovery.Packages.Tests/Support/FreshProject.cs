namespace KeyRecovery.Packages.Tests.Support;

/// <summary>
/// A project as somebody begins it who has the packages in a local feed and nothing of the repository. What the
/// packages need is taken from this machine's own folder of packages, where there is one.
/// </summary>
/// <param name="folder">Where; empty.</param>
public sealed class FreshProject(string folder)
{
    /// <summary>What is asked of the compiler beside the usual.</summary>
    private const string Settings = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <AssemblyName>app</AssemblyName>
            <RestorePackagesPath>packages</RestorePackagesPath>
            <RestoreFallbackFolders>FALLBACK</RestoreFallbackFolders>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="KeyRecovery.Client" Version="0.1.0" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>Its folder.</summary>
    public string Folder => folder;

    /// <summary>Writes the project of a program that uses the packages of a feed.</summary>
    public async Task WriteAsync(string feed, string program)
    {
        var fallback = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "app.csproj"), Settings.Replace("FALLBACK", fallback, StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), $"""
            <configuration><packageSources><add key="fresh" value="{feed}" /></packageSources></configuration>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
    }

    /// <summary>Runs a verb of <c>dotnet</c> on it.</summary>
    public Task<Command> RunAsync(params string[] arguments) => Command.RunAsync(folder, "dotnet", arguments);
}
