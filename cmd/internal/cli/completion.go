package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletion(f *factory) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Write a completion script for a shell",
		Long: `completion writes a script that completes commands, flags, case folders and event
ids. SHELL is bash, zsh, fish or powershell.

` + exitStatus(),
		Example: `  # bash, this session
  $ source <(exhibit completion bash)

  # fish, for good
  $ exhibit completion fish > ~/.config/fish/completions/exhibit.fish`,
		Args:      oneArg("SHELL"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(f.out, true)
			case "zsh":
				return root.GenZshCompletion(f.out)
			case "fish":
				return root.GenFishCompletion(f.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(f.out)
			}
			return usagef("no completion for %q", args[0]).hint("known shells: " + strings.Join(shells, ", "))
		},
	}
}

// completeCases completes folders of cases, and folders on the way to one.
func completeCases(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	dir, _ := filepath.Split(typed)
	cases, err := caseFolders(filepath.Clean("./" + dir))
	if filepath.IsAbs(dir) {
		cases, err = caseFolders(dir)
	}
	var fits []string
	for _, path := range cases {
		if path = dir + filepath.Base(path); strings.HasPrefix(path, typed) {
			fits = append(fits, path)
		}
	}
	if err != nil || len(fits) == 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return fits, cobra.ShellCompDirectiveDefault
}

// completeEvents completes the ids of events in the case of the command line.
func completeEvents(f *factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		flag, _ := cmd.Flags().GetString("case") // "" without the flag
		path, err := f.casePath(flag)
		if err != nil || f.eventIDs == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f.eventIDs(cmd.Context(), path, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeCommands completes the names of commands.
func completeCommands(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	parent, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, child := range parent.Commands() {
		if child.IsAvailableCommand() && strings.HasPrefix(child.Name(), typed) {
			names = append(names, child.Name()+"\t"+child.Short)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
